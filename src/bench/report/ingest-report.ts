import { fixed, spreadText, table, whole } from './format.js';
import type { BatchResult, GeneratorCheck, IngestSlice, RoundsResult, TargetRounds } from './results.js';
import { ratioOf, spreadOf } from './statistics.js';

interface Figure {
  readonly head: string;
  readonly of: (slice: IngestSlice) => number | null;
}

/** What is measured in each slice: its head in a table, and how it is read. */
const FIGURES: readonly Figure[] = [
  { head: 'requests/s', of: ({ requestsPerSecond }) => requestsPerSecond },
  { head: 'p50 ms', of: ({ p50 }) => p50 },
  { head: 'p99 ms', of: ({ p99 }) => p99 },
  { head: 'p99.9 ms', of: ({ p999 }) => p999 },
  { head: 'CPU µs a request', of: ({ cpuMicroseconds }) => cpuMicroseconds },
];
/** Where some store has servers of its own. */
const ENGINE_FIGURE: Figure = {
  head: 'CPU µs of the engine',
  of: ({ engineCpuMicroseconds }) => engineCpuMicroseconds,
};

/** The tables of ingest: for each number of connections the figures, and their ratios to the references. */
export function ingestSection({ targets }: RoundsResult): string {
  const parts: string[] = [];
  const counts = targets[0]?.slices.map(({ connections }) => connections) ?? [];
  for (const [at, connections] of counts.entries()) {
    const measured = targets.filter(({ slices }) => slices[at]!.rounds.length > 0);
    parts.push(`### ${connections} ${connections === 1 ? 'connection' : 'connections'}`);
    parts.push(figures(measured, at));
    for (const role of ['null', 'naive'] as const) {
      const reference = measured.find((target) => target.role === role);
      if (reference === undefined) continue;
      parts.push(`As a ratio to \`${reference.name}\`, round by round:`);
      parts.push(ratios(measured, reference, at));
    }
  }
  parts.push('### Memory and disk', footprint(targets));
  return parts.join('\n\n');
}

/** How it was checked that the load generator does not hold the stores back. */
export function generatorSection(checks: readonly GeneratorCheck[], rounds: RoundsResult | null): string {
  const rows = checks.map(({ connections, requestsPerSecond, cpuShare, responderCpuShare }) => {
    const stores = (rounds?.targets ?? []).filter(({ role }) => role !== 'bare');
    const slices = stores.flatMap((target) => slicesAt(target, connections));
    const fastest = spreadOf(
      stores.map((target) => spreadOf(slicesAt(target, connections).map(rateOf))?.median ?? null),
    );
    const share = spreadOf(slices.map(({ generatorCpuShare }) => generatorCpuShare));
    return [
      String(connections),
      whole(requestsPerSecond),
      fixed(cpuShare),
      responderCpuShare === null ? null : fixed(responderCpuShare),
      fastest === null ? null : whole(fastest.max),
      fastest === null ? null : fixed(requestsPerSecond / fastest.max),
      share === null ? null : fixed(share.max),
    ];
  });
  return table(
    [
      'connections',
      'requests/s against the bare responder',
      'cores taken by the generator',
      'by the responder',
      'fastest store',
      'ceiling / fastest store',
      'cores taken by the generator, at most, with any store',
    ],
    rows,
  );
}

/** The spread of a ratio of rates of two targets at the same number of connections. */
export function rateRatio(target: TargetRounds, reference: TargetRounds | undefined, connections: number) {
  if (reference === undefined) return null;
  return ratioOf(slicesAt(target, connections).map(rateOf), slicesAt(reference, connections).map(rateOf));
}

function slicesAt(target: TargetRounds, connections: number): readonly IngestSlice[] {
  return target.slices.find((slice) => slice.connections === connections)?.rounds ?? [];
}

/** What the columns of ratios are called. */
export const RATIO_HEADS: readonly string[] = FIGURES.map(({ head }) => head.replace(/ (ms|µs)/, ''));

/** Every figure of a slice as a ratio to that of another target, round by round. */
export function ratioCells(target: TargetRounds, reference: TargetRounds, at: number): (string | null)[] {
  const [rounds, references] = [target.slices[at]!.rounds, reference.slices[at]!.rounds];
  return FIGURES.map(({ of }) => spreadText(ratioOf(rounds.map(of), references.map(of))));
}

function ratios(targets: readonly TargetRounds[], reference: TargetRounds, at: number): string {
  const rows = targets.map((target) => [`\`${target.name}\``, ...ratioCells(target, reference, at)]);
  return table(['store', ...RATIO_HEADS], rows);
}

function figures(targets: readonly TargetRounds[], at: number): string {
  const hasEngine = targets.some(({ slices }) => slices[at]!.rounds.some((slice) => ENGINE_FIGURE.of(slice)));
  const shown = hasEngine ? [...FIGURES, ENGINE_FIGURE] : FIGURES;
  const rows = targets.map((target) => {
    const { rounds } = target.slices[at]!;
    const refused = rounds.reduce((sum, slice) => sum + slice.refused, 0);
    return [
      `\`${target.name}\``,
      ...shown.map(({ of }) => spreadText(spreadOf(rounds.map(of)))),
      whole(refused),
    ];
  });
  return table(['store', ...shown.map(({ head }) => head), 'refused'], rows);
}

function footprint(targets: readonly TargetRounds[]): string {
  const [none, naive] = ['null', 'naive'].map((role) => targets.find((target) => target.role === role));
  const rows = targets.map(({ name, residentBytes, diskBytesAContact }) => [
    `\`${name}\``,
    spreadText(spreadOf(residentBytes.map((bytes) => (bytes === null ? null : bytes / 1e6)))),
    spreadText(ratioOf(residentBytes, none?.residentBytes)),
    spreadText(ratioOf(residentBytes, naive?.residentBytes)),
    spreadText(spreadOf(diskBytesAContact)),
    spreadText(ratioOf(diskBytesAContact, naive?.diskBytesAContact)),
  ]);
  return table(['store', 'resident MB', '/ null', '/ naive', 'bytes on disk a contact', '/ naive'], rows);
}

function rateOf({ requestsPerSecond }: IngestSlice): number {
  return requestsPerSecond;
}

/** Batches beside single calls. */
export function batchSection({ store, batchEvents, senders, sendersMax, rounds }: BatchResult): string {
  const row = (what: string, kind: 'single' | 'batch' | 'singleBeside' | 'batchBeside' | 'many') => [
    what,
    spreadText(spreadOf(rounds.map((round) => round[kind].eventsPerSecond))),
    spreadText(spreadOf(rounds.map((round) => round[kind].p50))),
    spreadText(spreadOf(rounds.map((round) => round[kind].p99))),
  ];
  const peak = spreadText(
    spreadOf(rounds.map(({ residentPeakBytes }) => residentPeakBytes && residentPeakBytes / 1e6)),
  );
  const probe = spreadText(spreadOf(rounds.map(({ probeMax }) => probeMax)));
  return [
    `\`${store}\`, batches of ${whole(batchEvents)}. The longest wait of the probe beside ${senders} senders: ${probe ?? '–'} ms; resident at most: ${peak ?? '–'} MB.`,
    table(
      ['', 'events/s', 'p50 ms', 'p99 ms'],
      [
        row('single calls, 64 connections', 'single'),
        row(`batches, ${senders} senders`, 'batch'),
        row('single calls beside batches', 'singleBeside'),
        row('batches beside single calls', 'batchBeside'),
        row(`batches, ${sendersMax} senders`, 'many'),
      ],
    ),
  ].join('\n\n');
}
