import { describe } from '../../contract/errors.js';
import type { Outcome, Store } from '../../contract/store.js';
import type { ContactEvent, Uuid } from '../../domain/contact.js';
import type { Instant } from '../../domain/time.js';
import { addEngines, createStore } from '../../stores/index.js';
import { ContactStream } from '../load/contact-stream.js';
import { FOLLOWUP_SHARE } from '../load/requests.js';
import {
  type ByQuestion,
  type EngineTimes,
  type FillResult,
  QUESTIONS,
  type Question,
} from '../report/results.js';
import { percentileOf } from '../report/statistics.js';
import { RANGE_DAYS, randomRange } from './questions.js';

/** What the parent asks for; the store is opened for it in this process, by itself, and closed after. */
export type GrowthJob =
  | { readonly job: 'fill'; readonly url: string; readonly contacts: number; readonly end: Instant }
  | {
      readonly job: 'repeat';
      readonly url: string;
      readonly uuid: Uuid;
      readonly count: number;
      readonly end: Instant;
    }
  | { readonly job: 'engine'; readonly url: string; readonly seconds: number; readonly end: Instant };

const [, , engines] = process.argv;
if (engines !== undefined) addEngines(engines);

process.on('message', (message: GrowthJob) => {
  withStore<unknown>(message.url, (store) => work(store, message)).then(
    (result) => process.send!({ result }),
    (error: unknown) => process.send!({ error: describe(error) }),
  );
});

process.on('disconnect', () => process.exit(0));

function work(store: Store, message: GrowthJob): Promise<unknown> {
  switch (message.job) {
    case 'fill':
      return fill(store, message.contacts, message.end);
    case 'repeat':
      return repeat(store, message.uuid, message.count, message.end);
    case 'engine':
      return engineTimes(store, message.seconds, message.end);
  }
}

/** A batch is no greater than this, whatever a store would take. */
const BATCH_EVENTS_MAX = 4096;
const BATCHES_IN_FLIGHT_MAX = 8;
/** Few enough to stay among what the garbage collector calls young. */
const BATCHES_MADE = 4;
const NOTE_MILLISECONDS = 10_000;
const WARM_UP_SHARE = 0.2;
const SAMPLES_MAX = 50_000;
const SAMPLES_LEAST = 3;
const EVENTS_A_CONTACT = 1 + FOLLOWUP_SHARE;

async function withStore<T>(url: string, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await createStore(url, { log: { info() {}, warn() {}, error() {} } });
  try {
    await store.open();
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Appends a whole archive in full batches. The events of some batches are made before; that is not counted. */
async function fill(store: Store, contacts: number, end: Instant): Promise<FillResult> {
  const stream = new ContactStream(contacts, end);
  const batchEvents = Math.min(store.limits.batchEventsMax, BATCH_EVENTS_MAX);
  const lanes = Math.min(store.limits.batchesInFlightMax, BATCHES_IN_FLIGHT_MAX, BATCHES_MADE);
  const tenthFrom = Math.floor(contacts * EVENTS_A_CONTACT * 0.9);
  let seconds = 0;
  let tenth: { seconds: number; events: number } | undefined;
  let notedAt = performance.now();
  for (;;) {
    const batches = Array.from({ length: BATCHES_MADE }, () => stream.take(batchEvents));
    const before = stream.events - batches.reduce((sum, { length }) => sum + length, 0);
    if (before === stream.events) break;
    if (tenth === undefined && stream.events > tenthFrom) tenth = { seconds, events: before };
    seconds += await appendAll(store, batches, lanes);
    if (performance.now() - notedAt < NOTE_MILLISECONDS) continue;
    notedAt = performance.now();
    process.send!({ note: `${stream.events.toLocaleString('en-US')} events` });
  }
  tenth ??= { seconds: 0, events: 0 };
  return {
    contacts,
    events: stream.events,
    seconds,
    lastEventsPerSecond: (stream.events - tenth.events) / (seconds - tenth.seconds),
  };
}

/** One contact whose client does not hear the answers: an initial, a millisecond apart from the next. */
async function repeat(store: Store, uuid: Uuid, count: number, end: Instant): Promise<void> {
  const batchEvents = Math.min(store.limits.batchEventsMax, BATCH_EVENTS_MAX);
  for (let first = 0; first < count; first += batchEvents) {
    const length = Math.min(batchEvents, count - first);
    const batch = Array.from({ length }, (_, i): ContactEvent => {
      const at = end - (count - first - i) * 1000;
      // Behind the ids of those that filled the store.
      const id = REPEATS_ID_FIRST + first + i;
      return { kind: 'initial', id, uuid, symbol: 'e', isVowel: true, at, replay: false };
    });
    await store.append(batch);
  }
}

const REPEATS_ID_FIRST = 2 ** 40;

/** Answers with the seconds that it took. */
async function appendAll(
  store: Store,
  batches: readonly (readonly ContactEvent[])[],
  lanes: number,
): Promise<number> {
  const inFlight: Promise<readonly Outcome[]>[] = [];
  const started = performance.now();
  for (const batch of batches) {
    if (batch.length === 0) break;
    if (inFlight.length >= lanes) await inFlight.shift();
    const appended = store.append(batch);
    // The failure is met when its turn comes.
    appended.catch(() => {});
    inFlight.push(appended);
  }
  await Promise.all(inFlight);
  return (performance.now() - started) / 1000;
}

async function engineTimes(store: Store, seconds: number, end: Instant): Promise<ByQuestion<EngineTimes>> {
  const results: Partial<Record<Question, EngineTimes>> = {};
  for (const question of QUESTIONS) {
    const ask =
      question === 'symbol'
        ? () => store.tallyOfSymbol('e')
        : () => store.talliesOfRange(randomRange(RANGE_DAYS[question], end, Math.random));
    await timeCalls(ask, seconds * WARM_UP_SHARE);
    results[question] = await timeCalls(ask, seconds);
  }
  return results as ByQuestion<EngineTimes>;
}

async function timeCalls(ask: () => Promise<unknown>, seconds: number): Promise<EngineTimes> {
  const times: number[] = [];
  const deadline = performance.now() + seconds * 1000;
  while (times.length < SAMPLES_MAX && (times.length < SAMPLES_LEAST || performance.now() < deadline)) {
    const started = performance.now();
    await ask();
    times.push((performance.now() - started) * 1000);
  }
  times.sort((first, second) => first - second);
  return { count: times.length, p50: percentileOf(times, 0.5), p99: percentileOf(times, 0.99) };
}
