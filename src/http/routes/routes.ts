import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import { oneByOne } from '../../contract/breath.js';
import { type ErrorCode, TallyboardError } from '../../contract/errors.js';
import type { GroupCommit } from '../../contract/group-commit.js';
import { readRangeOf, readSymbol, readSymbolText, readUuid } from '../read.js';
import { eventRefusal, fromStore, tallyRow, tallyRows } from '../reply.js';
import type { ServerOptions } from '../server-options.js';
import { requireOpen } from '../sockets/lifecycle.js';
import { RANGE_ERRORS, STORE_ERRORS } from './route-errors.js';
import {
  Alive,
  FollowupAnswer,
  FollowupFields,
  InitialAnswer,
  InitialFields,
  RangePath,
  RangeQuery,
  Ready,
  SymbolPath,
  TallyRow,
  TallyRows,
} from './schemas.js';

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The codes that the route can answer with, besides those that every route can. */
    errors?: readonly ErrorCode[];
    /** Whether a shared link may ask for it. */
    isShared?: boolean;
  }
}

/** Adds the routes of the original, and those by which a server is watched; `describe` makes the OpenAPI document. */
export function addRoutes(app: App, options: ServerOptions, describe: () => Promise<string>): void {
  const { data, guess, now, nextEventId, lifecycle, metrics, feed, trouble, warnings } = options;

  app.post('/initial', LOG_INITIAL, async (request, reply) => {
    requireOpen(lifecycle);
    const at = now();
    const uuid = readUuid(request.query, request.body);
    const symbol = readSymbol(request.query, request.body);
    const guessed = guess(symbol);
    const id = nextEventId();
    let outcome: Awaited<ReturnType<GroupCommit['logInitial']>>;
    try {
      outcome = await data.logInitial({ id, uuid, symbol, isVowel: guessed, at });
    } catch (error) {
      const refusal = eventRefusal(error);
      if (refusal.code === 'SYMBOL_CONFLICT') metrics.conflicts.inc();
      throw refusal;
    }
    const { isVowel, replayed } = outcome;
    feed.note({ kind: 'initial', id, uuid, symbol, isVowel, at, replay: replayed });
    if (replayed) {
      metrics.replays.initial.inc();
      reply.header('idempotent-replayed', 'true');
    }
    if (wantsJson(request)) return { uuid, symbol, isVowel, replayed };
    return isVowel ? 'True' : 'False';
  });

  app.post('/followup', LOG_FOLLOWUP, async (request, reply) => {
    requireOpen(lifecycle);
    const at = now();
    const uuid = readUuid(request.query, request.body);
    const id = nextEventId();
    const { replayed } = await fromStore(data.logFollowup({ id, uuid, at }), eventRefusal);
    feed.note({ kind: 'followup', id, uuid, at, replay: replayed });
    if (replayed) {
      metrics.replays.followup.inc();
      reply.header('idempotent-replayed', 'true');
    }
    return wantsJson(request) ? { uuid, replayed } : 'hooray';
  });

  app.get('/dashboard/symbol/:symbol', TALLY_OF_SYMBOL, async (request, reply) => {
    requireOpen(lifecycle);
    const symbol = readSymbolText(request.params.symbol);
    const tally = await fromStore(data.tallyOfSymbol(symbol));
    reply.header('cache-control', 'no-store');
    return tallyRow(symbol, tally);
  });

  app.get('/dashboard/range/:lower/:upper', TALLIES_OF_RANGE, async (request, reply) => {
    requireOpen(lifecycle);
    const range = readRangeOf(request);
    const tallies = await fromStore(data.talliesOfRange(range));
    reply.header('cache-control', 'no-store');
    return tallyRows(tallies);
  });

  app.get('/healthz', HEALTH, (_request, reply) => {
    reply.header('cache-control', 'no-store').send({ status: 'alive' });
  });

  app.get('/readyz', READINESS, (_request, reply) => {
    requireOpen(lifecycle);
    const problem = trouble?.();
    if (typeof problem === 'string') throw new TallyboardError('STORE_UNAVAILABLE', problem);
    if (problem !== undefined) throw problem;
    const warned = warnings?.() ?? [];
    const ready = { status: 'ready' as const, survives: data.promises.survives };
    reply
      .header('cache-control', 'no-store')
      .send(warned.length === 0 ? ready : { ...ready, warnings: [...warned] });
  });

  app.get('/metrics', METRICS, async (_request, reply) => {
    const text = await metrics.text();
    await oneByOne();
    return reply.header('content-type', metrics.contentType).send(text);
  });

  app.get('/openapi.json', OPENAPI, async (_request, reply) => {
    const document = await describe();
    return reply.header('content-type', 'application/json').send(document);
  });
}

const FIELD_ERRORS: readonly ErrorCode[] = [
  'UUID_MISSING',
  'UUID_INVALID',
  'FIELD_REPEATED',
  'FIELD_INVALID',
  'BODY_INVALID',
  'BODY_TOO_LARGE',
  'MEDIA_TYPE_UNSUPPORTED',
  'ENCODING_UNSUPPORTED',
  'STORE_BUSY',
  'STORE_UNCERTAIN',
  'STORE_LOCKED',
  ...STORE_ERRORS,
];

const LOG_INITIAL = {
  schema: {
    operationId: 'logInitial',
    summary: 'Open a contact, and have its symbol guessed',
    description:
      'The fields may stand in the query, in a form or in a JSON body. A repeated initial is answered as the first was, with `Idempotent-Replayed: true`.',
    querystring: InitialFields,
    body: bodyOf(InitialFields),
    response: { 200: answerOf(InitialAnswer, 'True or False') },
  },
  config: {
    guarded: 'ingest' as const,
    errors: [
      'SYMBOL_MISSING',
      'SYMBOL_INVALID',
      'SYMBOL_CONFLICT',
      'GUESS_FAILED',
      ...FIELD_ERRORS,
    ] as ErrorCode[],
  },
};

const LOG_FOLLOWUP = {
  schema: {
    operationId: 'logFollowup',
    summary: 'Go on with a contact',
    description:
      'The uuid may stand in the query, in a form or in a JSON body. A repeated followup is answered as the first was, with `Idempotent-Replayed: true`.',
    querystring: FollowupFields,
    body: bodyOf(FollowupFields),
    response: { 200: answerOf(FollowupAnswer, 'hooray') },
  },
  config: { guarded: 'ingest' as const, errors: FIELD_ERRORS },
};

const TALLY_OF_SYMBOL = {
  schema: {
    operationId: 'tallyOfSymbol',
    summary: 'The tally of one symbol',
    params: SymbolPath,
    response: { 200: TallyRow },
  },
  config: {
    guarded: 'dashboard' as const,
    isShared: true,
    errors: ['SYMBOL_INVALID', ...STORE_ERRORS] as ErrorCode[],
  },
};

const TALLIES_OF_RANGE = {
  schema: {
    operationId: 'talliesOfRange',
    summary: 'The tallies of the contacts whose initial lies in a range: lower <= initial < upper',
    params: RangePath,
    querystring: RangeQuery,
    response: { 200: TallyRows },
  },
  config: { guarded: 'dashboard' as const, isShared: true, errors: RANGE_ERRORS },
};

const HEALTH = {
  schema: { operationId: 'isAlive', summary: 'Whether the process is alive', response: { 200: Alive } },
};
const READINESS = {
  schema: { operationId: 'isReady', summary: 'Whether the server takes requests', response: { 200: Ready } },
  config: { errors: ['STORE_OPENING', 'STORE_UNAVAILABLE', 'STORE_LOCKED'] as ErrorCode[] },
};
const METRICS = {
  schema: {
    operationId: 'readMetrics',
    summary: 'Metrics in the format of Prometheus',
    produces: ['text/plain'],
  },
};
const OPENAPI = {
  schema: { operationId: 'readOpenapi', summary: 'This document', produces: ['application/json'] },
};

/** A body that may come as JSON or as a form. */
export function bodyOf<T>(schema: T) {
  return {
    content: {
      'application/json': { schema },
      'application/x-www-form-urlencoded': { schema },
    },
  };
}

function answerOf<T>(schema: T, text: string) {
  return {
    description: `${text}, or an object where JSON is preferred`,
    content: {
      'text/plain': { schema: { type: 'string', description: text } },
      'application/json': { schema },
    },
  };
}

/** Negotiation takes longer than all else that is read, and few clients differ in what they accept. */
const jsonByAccept = new Map<string, boolean>();
const ACCEPTS_SEEN_MAX = 100;

function wantsJson(request: FastifyRequest): boolean {
  const { accept } = request.raw.headers;
  if (accept === undefined || accept === '*/*') return false;
  let json = jsonByAccept.get(accept);
  if (json === undefined) {
    json = request.accepts().type(['text/plain', 'application/json']) === 'application/json';
    if (jsonByAccept.size < ACCEPTS_SEEN_MAX) jsonByAccept.set(accept, json);
  }
  return json;
}
