import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import formbody from '@fastify/formbody';
import type { FastifyRequest } from 'fastify';
import { TallyboardError } from '../contract/errors.js';
import { readJson } from './read.js';
import type { App } from './routes/routes.js';

/** What has a parser of its own below. */
const READ_TYPES = /^\s*application\/(json|x-www-form-urlencoded)\s*(;|$)/i;

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
export function bodyRefusal({ method, headers }: IncomingMessage): TallyboardError | undefined {
  if (method !== 'POST') return undefined;
  const { 'content-length': length = '0', 'transfer-encoding': transfer } = headers;
  const type = headers['content-type'];
  if (type !== undefined && !READ_TYPES.test(type)) headers['content-type'] = undefined;
  if (transfer === undefined && length === '0') return undefined;
  const coding =
    codingOtherThan('identity', headers['content-encoding']) ?? codingOtherThan('chunked', transfer);
  if (coding === undefined) return undefined;
  return new TallyboardError(
    'ENCODING_UNSUPPORTED',
    `the body comes as ${coding}, which is not read: send it as it is, without Content-Encoding`,
  );
}

function codingOtherThan(coding: string, header: string | undefined): string | undefined {
  if (header === undefined || header === coding) return undefined;
  const codings = header.split(',').map((each) => each.trim().toLowerCase());
  return codings.find((each) => each !== '' && each !== coding);
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
