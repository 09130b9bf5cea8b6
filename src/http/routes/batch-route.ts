import { breath } from '../../contract/breath.js';
import type { ErrorCode } from '../../contract/errors.js';
import { symbolConflict } from '../../contract/group-commit.js';
import type { Outcome } from '../../contract/store.js';
import type { ContactEvent } from '../../domain/contact.js';
import { ITEMS_AT_ONCE, type Item, readItems, refusalText } from '../batch/read.js';
import type { BatchRoom } from '../batch/room.js';
import { BATCH_PATH } from '../bodies.js';
import { batchRefusal, fromStore, sendJson } from '../reply.js';
import type { ServerOptions } from '../server-options.js';
import { requireOpen } from '../sockets/lifecycle.js';
import { STORE_ERRORS } from './route-errors.js';
import type { App } from './routes.js';
import { BatchAnswer, BatchItems } from './schemas.js';

/** Adds the route that takes many events in one request. */
export function addBatchRoute(app: App, options: ServerOptions, room: BatchRoom): void {
  const { lifecycle, limits, data } = options;
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    scope.post(BATCH_PATH, LOG_BATCH, async (request, reply) => {
      requireOpen(lifecycle);
      const place = room.enter();
      try {
        const items = await readItems(request.raw, limits, place);
        requireOpen(lifecycle);
        const events = await eventsOf(items, options);
        const outcomes = await fromStore(data.logMany(events), batchRefusal);
        return sendJson(reply, await answerOf(items, events, outcomes, options));
      } finally {
        place.leave();
      }
    });
  });
}

/** As single calls that are read one after the other, now that all of them are there. */
async function eventsOf(
  items: readonly Item[],
  { now, nextEventId, guess }: ServerOptions,
): Promise<ContactEvent[]> {
  const events: ContactEvent[] = [];
  for (const item of items) {
    if (item.refusal !== undefined) continue;
    if (events.length % ITEMS_AT_ONCE === 0) await breath();
    const { uuid, symbol } = item;
    const at = now();
    const id = nextEventId();
    events.push(
      symbol === undefined
        ? { kind: 'followup', id, uuid, at, replay: false }
        : { kind: 'initial', id, uuid, symbol, isVowel: guess(symbol), at, replay: false },
    );
  }
  return events;
}

/** Prints the answer, and notes for the live feed and the metrics what was stored. */
async function answerOf(
  items: readonly Item[],
  events: readonly ContactEvent[],
  outcomes: readonly Outcome[],
  { feed, metrics }: ServerOptions,
): Promise<string> {
  const replays = { initial: 0, followup: 0 };
  let results = '';
  let refused = 0;
  let conflicts = 0;
  let next = 0;
  for (const [place, item] of items.entries()) {
    if (place % ITEMS_AT_ONCE === 0) await breath();
    if (place > 0) results += ',';
    if (item.refusal !== undefined) {
      results += item.refusal;
      refused += 1;
      continue;
    }
    const event = events[next]!;
    const outcome = outcomes[next]!;
    next += 1;
    if (outcome.status === 'conflict') {
      // Initials alone have such an outcome.
      results += refusalText(symbolConflict({ uuid: item.uuid, symbol: item.symbol! }, outcome.symbol));
      conflicts += 1;
      continue;
    }
    const { isVowel, status } = outcome;
    const replay = status === 'replayed';
    if (replay) replays[event.kind] += 1;
    if (event.kind === 'initial') {
      feed.note({ ...event, isVowel, replay });
      results += `{"uuid":"${event.uuid}","symbol":"${event.symbol}","isVowel":${isVowel},"replayed":${replay}}`;
    } else {
      feed.note({ ...event, replay });
      results += `{"uuid":"${event.uuid}","replayed":${replay}}`;
    }
  }
  refused += conflicts;
  const replayed = replays.initial + replays.followup;
  const accepted = items.length - replayed - refused;
  metrics.replays.initial.inc(replays.initial);
  metrics.replays.followup.inc(replays.followup);
  metrics.conflicts.inc(conflicts);
  metrics.batchItems.accepted.inc(accepted);
  metrics.batchItems.replayed.inc(replayed);
  metrics.batchItems.refused.inc(refused);
  return `{"accepted":${accepted},"replayed":${replayed},"refused":${refused},"results":[${results}]}`;
}

const LOG_BATCH = {
  schema: {
    operationId: 'logBatch',
    summary: 'Log many events in one request',
    description:
      'One object a line, or a JSON array of them; `Content-Encoding: gzip` is taken. An item with a symbol is an initial, one without a followup, and each means what the single call means, in order. An item that is refused stores nothing; the others are stored. The answer has one result an item, in order, once all that was stored is durable. Where the batch as a whole is refused with 4xx, nothing of it was stored. It may be sent again as a whole: nothing is counted twice.',
    body: {
      content: {
        'application/x-ndjson': { schema: BatchItems.items },
        'application/json': { schema: BatchItems },
      },
    },
    response: { 200: BatchAnswer },
  },
  config: {
    guarded: 'ingest' as const,
    errors: [
      'BODY_INVALID',
      'CHUNKS_TOO_SMALL',
      'BODY_TOO_LARGE',
      'EVENTS_TOO_MANY',
      'MEDIA_TYPE_UNSUPPORTED',
      'ENCODING_UNSUPPORTED',
      'GUESS_FAILED',
      'STORE_BUSY',
      'STORE_UNCERTAIN',
      'STORE_LOCKED',
      ...STORE_ERRORS,
    ] as ErrorCode[],
  },
};
