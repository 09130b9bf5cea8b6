import { join, resolve } from 'node:path';
import querystring from 'node:querystring';
import type { StoreUrl } from '../../contract/store.js';
import { type OneServer, readServer } from '../shared/server-url.js';

export interface RabbitOptions extends OneServer {
  /** Below it each process that folds the log has a folder of its own. */
  readonly folders: string;
}

/** Reads `amqp://user:password@host:port/vhost?option=value`. */
export function optionsOf(url: StoreUrl): RabbitOptions {
  const isTls = url.scheme === 'amqps';
  const server = readServer(url, {
    defaultPort: isTls ? 5671 : 5672,
    nameOption: 'queue',
    defaultName: 'tallyboard',
    texts: ['data'],
  });
  const path = querystring.unescape(server.path) || '/';
  const { host, port, name, text, tls = isTls ? {} : undefined } = server;
  const place = [host, port, path, name].map(encodeURIComponent).join('_');
  return { ...server, path, tls, folders: join(resolve(text('data') ?? 'data'), 'rabbitmq', place) };
}
