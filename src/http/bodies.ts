import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import formbody from '@fastify/formbody';
import type { FastifyRequest } from 'fastify';
import { TallyboardError } from '../contract/errors.js';
import { readJson } from './read.js';
import type { App } from './routes/routes.js';

/** What is read of a body: of types all that have a parser of their own below. */
const READ = { types: /^\s*application\/(json|x-www-form-urlencoded)\s*(;|$)/i, codings: ['identity'] };
const READ_OF_BATCH = {
  types: /^\s*application\/(json|x-ndjson|ndjson)\s*(;|$)/i,
  codings: ['identity', 'gzip'],
};

/** Where many events come in one body, which its route reads itself. */
export const BATCH_PATH = '/batch';

/** Adds the readers of bodies. */
export function addBodyReaders(app: App): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, readJson(text as string));
    } catch (error) {
      done(error as Error);
    }
  });
  app.register(formbody);
  app.addContentTypeParser('*', ({ raw }: FastifyRequest) => readEmpty(raw));
}

/**
 * Why the body of a POST cannot be read, as far as its headers tell. Takes a type away that is not read: whether
 * there is a body at all shows when it comes.
 */
export function bodyRefusal({ raw, routeOptions }: FastifyRequest): TallyboardError | undefined {
  const { method, headers } = raw;
  if (method !== 'POST') return undefined;
  const { types, codings } = routeOptions.url === BATCH_PATH ? READ_OF_BATCH : READ;
  const { 'content-length': length = '0', 'transfer-encoding': transfer } = headers;
  const type = headers['content-type'];
  if (type !== undefined && !types.test(type)) headers['content-type'] = undefined;
  if (transfer === undefined && length === '0') return undefined;
  const coding =
    codingOtherThan(codings, headers['content-encoding']) ?? codingOtherThan(['chunked'], transfer);
  if (coding === undefined) return undefined;
  const packed = codings.includes('gzip') ? ', or packed once with gzip' : '';
  return new TallyboardError(
    'ENCODING_UNSUPPORTED',
    `the body comes as ${coding}, which is not read: send it as it is, without Content-Encoding${packed}`,
  );
}

function codingOtherThan(known: readonly string[], header: string | undefined): string | undefined {
  if (header === undefined || known.includes(header)) return undefined;
  const codings = header.split(',').map((each) => each.trim().toLowerCase());
  const unknown = codings.find((each) => each !== '' && !known.includes(each));
  return unknown ?? (codings.indexOf('gzip') < codings.lastIndexOf('gzip') ? header : undefined);
}

/** An empty body is no body, whatever its type. */
async function readEmpty(raw: IncomingMessage): Promise<undefined> {
  const first = await Promise.race([once(raw, 'end'), once(raw, 'data')]).catch((cause: unknown) => {
    throw new TallyboardError('REQUEST_INVALID', 'the request ended before all of it had come', { cause });
  });
  if (first.length === 0) return undefined;
  throw new TallyboardError(
    'MEDIA_TYPE_UNSUPPORTED',
    'a body is read as application/json or application/x-www-form-urlencoded only',
  );
}
