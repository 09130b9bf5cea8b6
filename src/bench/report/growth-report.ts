import { fixed, sizeText, spreadText, table, whole } from './format.js';
import {
  type GrowthSize,
  type MixedResult,
  QUESTIONS,
  type Question,
  type ReadTimes,
  type SoakResult,
  STALL_MILLISECONDS,
  type TransferResult,
  type WaitsResult,
} from './results.js';
import { spreadOf } from './statistics.js';

const PART_SHARE_LEAST = 0.02;

const HEADS: Readonly<Record<Question, string>> = {
  symbol: 'symbol `e`',
  twoDays: '2 days',
  ninetyDays: '90 days',
  tenYears: '10 years',
};

/** The tables of one store, or of several, as contacts grow. */
export function growthSection(sizes: readonly GrowthSize[]): string {
  const questions = QUESTIONS.map((question) => HEADS[question]);
  const line = ({ store, contacts }: GrowthSize) => [`\`${store}\``, sizeText(contacts)];
  const times = (pick: (size: GrowthSize) => Readonly<Record<Question, ReadTimes>>) =>
    table(
      ['store', 'contacts', ...questions],
      sizes.map((size) => [...line(size), ...QUESTIONS.map((question) => timesText(pick(size)[question]))]),
    );
  return [
    '### Engine time: µs, p50 / p99, in the store’s own process',
    times(({ engine }) => engine),
    '### Over HTTP, reads alone: ms, p50 / p99, 1 connection',
    times(({ readsAlone }) => readsAlone),
    '### Over HTTP, while 64 connections write as fast as they can: ms, p50 / p99',
    times(({ readsUnderIngest }) => readsUnderIngest),
    '### Bulk import, start, memory and disk',
    table(
      [
        'store',
        'contacts',
        'import events/s',
        'of the last tenth',
        'start, clean',
        'start after kill -9',
        'resident MB, started',
        'resident MB, peak',
        'bytes on disk a contact',
        'of these',
      ],
      sizes.map((size) => [
        ...line(size),
        size.fill === null ? null : whole(size.fill.events / size.fill.seconds),
        size.fill === null ? null : whole(size.fill.lastEventsPerSecond),
        `${fixed(size.startSeconds.clean)} s`,
        `${fixed(size.startSeconds.afterKill)} s`,
        size.residentBytes === null ? null : whole(size.residentBytes.started / 1e6),
        size.residentBytes === null ? null : whole(size.residentBytes.peak / 1e6),
        size.diskBytes === null ? null : fixed(size.diskBytes['']! / size.contacts),
        partsText(size),
      ]),
    ),
  ].join('\n\n');
}

/** Events moved by the command line. */
export function transferSection(transfers: readonly TransferResult[]): string {
  return table(
    ['store', 'command', 'events', 'seconds', 'events/s'],
    transfers.map(({ store, what, events, seconds }) => [
      `\`${store}\``,
      what,
      whole(events),
      fixed(seconds),
      whole(events / seconds),
    ]),
  );
}

/** Writes, reads and an export beside each other. */
export function mixedSection({ store, contacts, connections, readsPerSecond, ...rest }: MixedResult): string {
  const intro = `\`${store}\` with ${whole(contacts)} contacts to begin with. Full ingest: ${connections} connections, as fast as they go; half: a steady ${whole(rest.halfRate)} requests/s, whose waits count from when a request was due. Reads: ${readsPerSecond} a second, the symbol with the most contacts and random ranges of 2 and 90 days; where there are none, as many of \`/healthz\`, which show how long a neighbour waits. Export: all events as ndjson, verification: \`tallyboard verify\`, in a process of its own, again and again.`;
  const rows = rest.conditions.map(({ name, ingest, reads, begun }) => [
    name,
    spreadText(spreadOf(ingest.map(({ requestsPerSecond }) => requestsPerSecond))),
    ...[ingest, reads].flatMap((rounds) => [
      spreadText(spreadOf(rounds.map(({ p50 }) => p50))),
      spreadText(spreadOf(rounds.map(({ p99 }) => p99))),
      spreadText(spreadOf(rounds.map(({ max }) => max))),
    ]),
    spreadText(spreadOf(begun)),
  ]);
  const head = [
    '',
    'ingest requests/s',
    'p50 ms',
    'p99 ms',
    'longest ms',
    'reads: p50 ms',
    'p99 ms',
    'longest ms',
    'begun beside',
  ];
  const stalls = rest.conditions
    .filter(({ ingest }) => ingest.length > 0)
    .map(({ name, ingest }) => [
      name,
      ...STALL_MILLISECONDS.map((_, at) =>
        shareText(spreadOf(ingest.map(({ stalls }) => stalls[at]!))!.median),
      ),
    ]);
  return `${intro}\n\n${table(head, rows)}\n\nOf the requests of ingest so many took longer, in the median round:\n\n${table(STALL_HEADS, stalls)}`;
}

/** A soak, minute by minute. */
export function soakSection({ store, contacts, connections, halfRate, minutes }: SoakResult): string {
  const intro = `\`${store}\` with ${whole(contacts)} contacts to begin with, ${connections} connections, a steady ${whole(halfRate)} requests/s. The first minute is alone; beside the others all events are exported and the store is verified in turn, in processes of their own, without a pause. In the end the dashboard has to count exactly what was acknowledged.`;
  const rows = minutes.map((minute, at) => [
    String(at + 1),
    whole(minute.requestsPerSecond),
    fixed(minute.p50),
    fixed(minute.p99),
    fixed(minute.p999),
    fixed(minute.max),
    ...minute.stalls.map(shareText),
    String(minute.exports),
    String(minute.verifications),
    minute.residentBytes === null ? null : whole(minute.residentBytes / 1e6),
  ]);
  const head = ['minute', 'requests/s', 'p50 ms', 'p99 ms', 'p99.9 ms', 'longest ms'];
  const beside = ['exports', 'verifications', 'resident MB'];
  return `${intro}\n\n${table([...head, ...STALL_HEADS.slice(1), ...beside], rows)}`;
}

const STALL_HEADS = ['', ...STALL_MILLISECONDS.map((edge) => `over ${edge} ms`)];

function shareText(share: number): string {
  return share === 0 ? '0' : `${fixed(share * 100)} %`;
}

/** How long a neighbour waited beside each kind of question. */
export function waitsSection({ store, contacts, repeats, kinds }: WaitsResult): string {
  const intro = `\`${store}\` with ${whole(contacts)} contacts, and one that repeated itself ${whole(repeats)} times.`;
  const rows = kinds.map(({ name, parallel, rounds, answered, refused }) => [
    parallel === 0 ? name : `${name} × ${parallel}`,
    spreadText(spreadOf(rounds.map(({ p50 }) => p50))),
    spreadText(spreadOf(rounds.map(({ p99 }) => p99))),
    spreadText(spreadOf(rounds.map(({ max }) => max))),
    whole(answered),
    whole(refused),
  ]);
  return `${intro}\n\n${table(['beside', 'p50 ms', 'p99 ms', 'longest ms', 'answered', '429'], rows)}`;
}

function timesText({ p50, p99 }: ReadTimes): string {
  return `${fixed(p50)} / ${fixed(p99)}`;
}

/** What the bytes are of, without what is next to nothing. */
function partsText({ diskBytes, contacts }: GrowthSize): string | null {
  if (diskBytes === null) return null;
  const least = diskBytes['']! * PART_SHARE_LEAST;
  const parts = Object.entries(diskBytes).filter(([name, bytes]) => name !== '' && bytes >= least);
  return parts.map(([name, bytes]) => `${name} ${fixed(bytes / contacts)}`).join(', ');
}
