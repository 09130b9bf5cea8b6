import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorCode } from '../../contract/errors.js';
import { crossSiteRefusal } from '../access/cross-site.js';
import type { Notes } from '../kept/notes.js';
import { readNote, readShare } from '../kept/read.js';
import type { Shares } from '../kept/shares.js';
import type { ServerOptions } from '../server-options.js';
import { requireOpen } from '../sockets/lifecycle.js';
import {
  NewShareAnswer,
  NoteAnswer,
  NoteFields,
  NotePath,
  NotesAnswer,
  ShareFields,
  SharePath,
  SharesAnswer,
} from './kept-schemas.js';
import { RANGE_ERRORS, STORE_ERRORS } from './route-errors.js';
import { type App, bodyOf } from './routes.js';

/** Adds what is kept beside the numbers: notes on the chart, and shared links. */
export function addKeptRoutes(
  app: App,
  { lifecycle, now }: ServerOptions,
  { notes, shares }: { notes: Notes; shares: Shares },
): void {
  app.get('/dashboard/notes', LIST_NOTES, (_request, reply) => {
    requireOpen(lifecycle);
    reply.header('cache-control', 'no-store');
    return notes.all();
  });

  app.post('/dashboard/notes', ADD_NOTE, async (request, reply) => {
    beginWrite(request, reply);
    return reply.code(201).send(await notes.add(readNote(request.body)));
  });

  app.delete('/dashboard/notes/:id', REMOVE_NOTE, async (request, reply) => {
    beginWrite(request, reply);
    await notes.remove(request.params.id);
    return reply.code(204).send(null);
  });

  app.get('/dashboard/shares', LIST_SHARES, (_request, reply) => {
    requireOpen(lifecycle);
    reply.header('cache-control', 'no-store');
    return shares.all();
  });

  app.post('/dashboard/shares', CREATE_SHARE, async (request, reply) => {
    beginWrite(request, reply);
    const { name, embed } = readShare(request.body);
    return reply.code(201).send(await shares.create(name, embed, now()));
  });

  app.delete('/dashboard/shares/:name', REVOKE_SHARE, async (request, reply) => {
    beginWrite(request, reply);
    await shares.revoke(request.params.name);
    return reply.code(204).send(null);
  });

  /** A session's cookie is not sent by pages of other sites; a server without tokens asks for none. */
  function beginWrite(request: FastifyRequest, reply: FastifyReply): void {
    requireOpen(lifecycle);
    const refusal = crossSiteRefusal(request);
    if (refusal !== undefined) throw refusal;
    reply.header('cache-control', 'no-store');
  }
}

const DASHBOARD = { guarded: 'dashboard' as const };
const WRITE_ERRORS: readonly ErrorCode[] = [
  'CROSS_SITE',
  'DOCUMENTS_UNSUPPORTED',
  'FIELD_INVALID',
  'BODY_INVALID',
  'BODY_TOO_LARGE',
  'MEDIA_TYPE_UNSUPPORTED',
  'ENCODING_UNSUPPORTED',
  ...STORE_ERRORS,
];

const LIST_NOTES = {
  schema: { operationId: 'listNotes', summary: 'The notes on the chart', response: { 200: NotesAnswer } },
  config: { ...DASHBOARD, isShared: true, errors: STORE_ERRORS },
};
const ADD_NOTE = {
  schema: {
    operationId: 'addNote',
    summary: 'Add a dated note to the chart; the same note twice is one',
    body: bodyOf(NoteFields),
    response: { 201: NoteAnswer },
  },
  config: {
    ...DASHBOARD,
    errors: ['NOTE_INVALID', 'DOCUMENTS_TOO_MANY', ...RANGE_ERRORS, ...WRITE_ERRORS] as ErrorCode[],
  },
};
const REMOVE_NOTE = {
  schema: {
    operationId: 'removeNote',
    summary: 'Remove a note',
    params: NotePath,
    response: { 204: { description: 'It is removed', type: 'null' } },
  },
  config: { ...DASHBOARD, errors: ['NOTE_UNKNOWN', ...WRITE_ERRORS] as ErrorCode[] },
};
const LIST_SHARES = {
  schema: {
    operationId: 'listShares',
    summary: 'The links by which the dashboard is read without its token',
    response: { 200: SharesAnswer },
  },
  config: { ...DASHBOARD, errors: STORE_ERRORS },
};
const CREATE_SHARE = {
  schema: {
    operationId: 'createShare',
    summary: 'Make a named link by which the dashboard is read without its token, until it is withdrawn',
    body: bodyOf(ShareFields),
    response: { 201: NewShareAnswer },
  },
  config: {
    ...DASHBOARD,
    errors: [
      'SHARE_INVALID',
      'SHARE_TAKEN',
      'DOCUMENTS_TOO_MANY',
      'FIELD_REPEATED',
      ...WRITE_ERRORS,
    ] as ErrorCode[],
  },
};
const REVOKE_SHARE = {
  schema: {
    operationId: 'revokeShare',
    summary: 'Withdraw a link',
    params: SharePath,
    response: { 204: { description: 'It is withdrawn', type: 'null' } },
  },
  config: { ...DASHBOARD, errors: ['SHARE_UNKNOWN', ...WRITE_ERRORS] as ErrorCode[] },
};
