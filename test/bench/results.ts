import type {
  BatchResult,
  ByQuestion,
  GrowthSize,
  IngestSlice,
  MixedResult,
  Results,
  SoakResult,
  TargetRounds,
  WaitsResult,
} from '../../src/bench/report/results.js';

/** Figures of a run that meets every goal, and by how much is known. */
export function goodResults(): Results {
  return {
    format: 1,
    date: '2026-01-02 03:04',
    version: '1.2.3',
    command: 'npm run bench -- --grow',
    seconds: 1234.5,
    machine: {
      cpu: 'A processor',
      cores: 2,
      memoryBytes: 8 * 2 ** 30,
      system: 'Linux 6.1 x64',
      node: 'v20.19.0',
      disk: 'ext4 on /dev/vda',
      diskInMemory: false,
      diskFreeBytes: 1e12,
      loadBefore: 0.1,
    },
    sliceSeconds: 4,
    leftOut: ['redis:'],
    generator: [
      { connections: 256, requestsPerSecond: 100_000, cpuShare: 0.98, responderCpuShare: 0.97 },
      { connections: 64, requestsPerSecond: 120_000, cpuShare: 0.97, responderCpuShare: null },
    ],
    rounds: {
      targets: [
        target('bare node:http', 'bare', 52_000),
        target('null:', 'null', 50_000),
        target('sqlite:', 'naive', 600),
        target('journal:', 'store', 48_000),
        withEngine(target('redis:', 'store', 40_000)),
        target('one durable write', 'floor', 50_000),
      ],
      fsync: { count: 500, p50: 0.2, p99: 1 },
    },
    batches: [batches('journal:', 200_000), batches('redis:', 120_000), batches('postgres:', 90_000)],
    mixed: [mixed()],
    soak: [soak()],
    waits: [waits()],
    growth: [
      size('sqlite:', 10_000),
      size('journal:', 10_000),
      size('journal:', 1_000_000),
      size('journal:', 50_000_000),
      size('redis+cluster:', 1_000_000),
    ],
    transfers: [{ store: 'journal:', what: 'import of that file', events: 1_125_000, seconds: 5 }],
  };
}

/** One target, three rounds, with the machine at 1, 2 and 0.5 times its speed. */
export function target(name: string, role: TargetRounds['role'], rate: number): TargetRounds {
  const slices = [256, 64, 1].map((connections) => ({
    connections,
    rounds:
      role === 'naive' && connections === 256
        ? []
        : [1, 2, 0.5].map((speed) => slice(rate * speed, connections)),
  }));
  const keeps = role === 'naive' || role === 'store';
  return {
    name,
    role,
    slices,
    residentBytes: [100e6, 110e6, 120e6],
    diskBytesAContact: keeps ? [100, 110, 120] : [null, null, null],
  };
}

function withEngine(rounds: TargetRounds): TargetRounds {
  const slices = rounds.slices.map(({ connections, rounds: own }) => ({
    connections,
    rounds: own.map((one) => ({ ...one, engineCpuMicroseconds: 12 })),
  }));
  return { ...rounds, slices };
}

export function size(store: string, contacts: number): GrowthSize {
  const naive = store === 'sqlite:';
  return {
    store,
    role: naive ? 'naive' : 'store',
    contacts,
    fill: naive
      ? null
      : { contacts, events: contacts * 1.125, seconds: contacts / 400_000, lastEventsPerSecond: 440_000 },
    diskBytes: { '': contacts * 120, journal: contacts * 50, projection: contacts * 69, lock: contacts },
    engine: each({ count: 1000, p50: 4, p99: 15 }),
    readsAlone: each({ p50: 0.1, p99: 0.5 }),
    readsUnderIngest: each({ p50: 0.4, p99: 3 }),
    startSeconds: { clean: 0.6, afterKill: 1.5 },
    residentBytes: { started: 90e6, peak: 300e6 },
  };
}

function batches(store: string, eventsPerSecond: number): BatchResult {
  const rounds = [1, 2, 0.5].map((speed) => {
    const single = { eventsPerSecond: 20_000 * speed, p50: 3, p99: 5 };
    const batch = { eventsPerSecond: eventsPerSecond * speed, p50: 30, p99: 60 };
    return {
      single,
      batch,
      singleBeside: { ...single, p99: 12 },
      batchBeside: batch,
      probeMax: 16 / speed,
      many: batch,
      residentPeakBytes: 300e6,
    };
  });
  return { store, batchEvents: 1000, senders: 8, sendersMax: 64, rounds };
}

function mixed(): MixedResult {
  const times = [
    { ...STALLS, requestsPerSecond: 40_000 },
    { ...STALLS, requestsPerSecond: 41_000 },
  ];
  return {
    store: 'journal:',
    contacts: 500_000,
    connections: 64,
    readsPerSecond: 100,
    halfRate: 20_000,
    conditions: [
      { name: 'reads alone', ingest: [], reads: times, begun: [] },
      { name: 'full ingest', ingest: times, reads: times, begun: [] },
      { name: 'full ingest, reads', ingest: times, reads: times, begun: [] },
      { name: 'full ingest, reads, export', ingest: times, reads: times, begun: [2, 3] },
      { name: 'half ingest', ingest: times, reads: times, begun: [] },
      { name: 'half ingest, reads', ingest: times, reads: times, begun: [] },
      { name: 'half ingest, export', ingest: times, reads: times, begun: [2, 2] },
      { name: 'half ingest, verification', ingest: times, reads: times, begun: [1, 2] },
      { name: 'half ingest, reads, export', ingest: times, reads: times, begun: [2, 2] },
    ],
  };
}

const STALLS = { p50: 1, p99: 4, p999: 6, max: 9, stalls: [0.02, 0.0001, 0, 0, 0] };

function soak(): SoakResult {
  const minute = { ...STALLS, requestsPerSecond: 20_000, exports: 0, verifications: 0, residentBytes: 130e6 };
  return {
    store: 'journal:',
    contacts: 500_000,
    connections: 64,
    halfRate: 20_000,
    minutes: [minute, { ...minute, p99: 7, exports: 9, verifications: 8 }],
  };
}

function waits(): WaitsResult {
  const rounds = [12, 9, 40].map((max) => ({ p50: 0.4, p99: 6, max }));
  return {
    store: 'journal:',
    contacts: 500_000,
    repeats: 200_000,
    kinds: [
      { name: 'nothing', parallel: 0, rounds: [{ p50: 0.2, p99: 1, max: 90 }], answered: 0, refused: 0 },
      { name: 'symbols', parallel: 64, rounds: [{ p50: 0.4, p99: 2, max: 5 }], answered: 12_345, refused: 0 },
      { name: 'all raw events', parallel: 4, rounds, answered: 4, refused: 2 },
    ],
  };
}

function slice(requestsPerSecond: number, connections: number): IngestSlice {
  return {
    requestsPerSecond,
    p50: (connections * 800) / requestsPerSecond,
    p99: (connections * 3000) / requestsPerSecond,
    p999: (connections * 5000) / requestsPerSecond,
    cpuMicroseconds: 1e6 / requestsPerSecond,
    engineCpuMicroseconds: null,
    refused: 0,
    generatorCpuShare: 0.5,
  };
}

function each<T>(value: T): ByQuestion<T> {
  return { symbol: value, twoDays: value, ninetyDays: value, tenYears: value };
}
