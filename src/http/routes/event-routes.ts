import { Readable } from 'node:stream';
import { breath } from '../../contract/breath.js';
import { describe, type ErrorCode, TallyboardError } from '../../contract/errors.js';
import type { EventSpan } from '../../contract/store.js';
import type { ContactStory } from '../../contract/store-page.js';
import type { ContactEvent } from '../../domain/contact.js';
import {
  EVENT_CSV_HEAD,
  type EventFormat,
  eventCsv,
  eventJson,
  eventNdjson,
} from '../../domain/event-text.js';
import { formatInstant, type Instant } from '../../domain/time.js';
import { readFormat, readSpan, readUuidText } from '../read.js';
import { fromStore, maybeInstant, sendJson } from '../reply.js';
import type { ServerOptions } from '../server-options.js';
import { whileConnected } from '../sockets/clients.js';
import { requireOpen } from '../sockets/lifecycle.js';
import { takeReading } from '../sockets/readings.js';
import type { Slots } from '../sockets/slots.js';
import { EventRecord, EventsQuery, StoryAnswer, UuidPath } from './dashboard-schemas.js';
import { RANGE_ERRORS, STORE_ERRORS } from './route-errors.js';
import type { App } from './routes.js';

/** How many events are put into one piece of text. */
const CHUNK_EVENTS = 512;
/** How many events of a contact are told: a client may repeat itself without end. */
const STORY_EVENTS_MAX = 1000;

const MEDIA_TYPES: Readonly<Record<EventFormat, string>> = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
};

/** Adds the routes that read raw events. */
export function addEventRoutes(app: App, options: ServerOptions, readings: Slots): void {
  const { data, lifecycle, limits, log } = options;

  app.get('/events', EVENTS, async (request, reply) => {
    requireOpen(lifecycle);
    const format = readFormat(request.query);
    const span = readSpan(request);
    const release = takeReading(readings, limits);
    const texts = textsOf(data.events(span), format);
    const stop = () => {
      // A reading that fails once it is stopped has told its reader already.
      texts.return(undefined).catch(() => undefined);
      release();
    };
    let first: IteratorResult<string>;
    try {
      // What is wrong with the store mostly shows here, where it can still be answered.
      first = await fromStore(texts.next());
    } catch (error) {
      release();
      throw error;
    }
    const stream = Readable.from(beginningWith(first, texts), { objectMode: false });
    stream.once('close', stop);
    stream.once('error', (error) => {
      log.error({ reason: describe(error) }, 'an answer with raw events was broken off');
    });
    return reply
      .header('content-type', MEDIA_TYPES[format])
      .header('content-disposition', `attachment; filename="${fileName(span, format)}"`)
      .header('cache-control', 'no-store')
      .send(stream);
  });

  app.get('/events/:uuid', STORY, async (request, reply) => {
    requireOpen(lifecycle);
    const uuid = readUuidText(request.params.uuid);
    const release = takeReading(readings, limits);
    let story: ContactStory | undefined;
    let removedBefore: string | null = null;
    try {
      story = await whileConnected(request, (signal) =>
        fromStore(data.eventsOfContact(uuid, STORY_EVENTS_MAX, signal)),
      );
      if (story?.events.every(({ kind }) => kind === 'followup')) {
        removedBefore = maybeInstant(await fromStore(data.removedBefore()));
      }
    } finally {
      release();
    }
    // Nobody is there to be answered.
    if (story === undefined) return reply.hijack();
    const { events, leftOut } = story;
    if (events.length === 0) {
      const removed =
        removedBefore === null ? '' : `; raw events from before ${removedBefore} UTC are not here any more`;
      throw new TallyboardError(
        'CONTACT_UNKNOWN',
        `no event has the uuid ${uuid}: look whether it is whole${removed}`,
      );
    }
    reply.header('cache-control', 'no-store');
    return sendJson(
      reply,
      `{"uuid":"${uuid}","events":[${events.map(eventJson).join()}],"leftOut":${leftOut},"removedBefore":${JSON.stringify(removedBefore)}}`,
    );
  });
}

/** `tallyboard-events-from-2017-06-28T0000Z-to-2017-06-30T0000Z.csv`; a side that is open is left out. */
function fileName({ lower, upper }: EventSpan, format: EventFormat): string {
  const minute = (at: Instant) => `${formatInstant(at).slice(0, 16).replace(' ', 'T').replace(':', '')}Z`;
  const from = lower === undefined ? '' : `-from-${minute(lower)}`;
  const to = upper === undefined ? '' : `-to-${minute(upper)}`;
  return `tallyboard-events${from}${to}.${format}`;
}

async function* textsOf(events: AsyncIterable<ContactEvent>, format: EventFormat): AsyncGenerator<string> {
  const print = format === 'csv' ? eventCsv : eventNdjson;
  let text = format === 'csv' ? EVENT_CSV_HEAD : '';
  let count = 0;
  for await (const event of events) {
    text += print(event);
    count += 1;
    if (count % CHUNK_EVENTS !== 0) continue;
    yield text;
    text = '';
    // A reader that is quick and a store that has the events at hand would keep all others waiting.
    await breath();
  }
  if (text !== '') yield text;
}

async function* beginningWith(
  first: IteratorResult<string>,
  rest: AsyncGenerator<string>,
): AsyncGenerator<string> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}

const EVENTS = {
  exposeHeadRoute: false,
  schema: {
    operationId: 'readEvents',
    summary: 'The raw events in time order, as a stream',
    description:
      'As `tallyboard export` writes them; `from <= date < to`. An answer that is broken off does not end as HTTP says it must: take it for incomplete.',
    querystring: EventsQuery,
    response: {
      200: {
        description: 'ndjson: a JSON object a line; csv: the same columns',
        content: {
          'application/x-ndjson': { schema: EventRecord },
          'text/csv': { schema: { type: 'string' } },
        },
      },
    },
  },
  config: {
    guarded: 'dashboard' as const,
    errors: ['FORMAT_INVALID', 'READINGS_TOO_MANY', ...RANGE_ERRORS] as ErrorCode[],
  },
};

const STORY = {
  exposeHeadRoute: false,
  schema: {
    operationId: 'storyOfContact',
    summary: "A contact's story: its raw events in time order",
    params: UuidPath,
    response: { 200: StoryAnswer },
  },
  config: {
    guarded: 'dashboard' as const,
    errors: ['UUID_INVALID', 'CONTACT_UNKNOWN', 'READINGS_TOO_MANY', ...STORE_ERRORS] as ErrorCode[],
  },
};
