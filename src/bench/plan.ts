/** How long a run takes over what. */
export interface Plan {
  readonly rounds: number;
  readonly connections: readonly number[];
  /** Of one store, one number of connections, one round. */
  readonly sliceSeconds: number;
  readonly warmUpSeconds: number;
  readonly fsyncsARound: number;
  /** Of each condition of batches. */
  readonly batchRounds: number;
  readonly batchSeconds: number;
  /** How much is there before reads, writes and an export are mixed. */
  readonly mixedContacts: number;
  readonly mixedRounds: number;
  readonly soakMinutes: number;
  /** Shorter in a smoke run. */
  readonly soakMinuteSeconds: number;
  /** How much is there before it is looked at how long others wait while it is read, and for how long each. */
  readonly waitsContacts: number;
  readonly waitsRepeats: number;
  readonly waitsRounds: number;
  readonly waitsSeconds: number;
  readonly growthSizes: readonly number[];
  /** A store that would take longer to fill is not grown further. */
  readonly fillSecondsMax: number;
  readonly growthReadSeconds: number;
  /** How long one kind of question is put to a store in its own process. */
  readonly engineSeconds: number;
  /** The naive reference is not asked beyond this: a range over a million contacts takes it 20 seconds. */
  readonly naiveContactsMax: number;
  readonly importContacts: number;
  /** Stores whose engine runs servers of its own, which keep all in memory, are not grown beyond this. */
  readonly serverContactsMax: number;
}

export interface PlanOptions {
  readonly quick: boolean;
  /** The greatest size of the growth; undefined for what a whole run does. */
  readonly growTo: number | undefined;
  readonly rounds: number | undefined;
  readonly minutes: number | undefined;
  /** How many servers stand side by side in each round, and how many of them are stores that grow. */
  readonly targets: number;
  readonly stores: number;
}

/** The plan of a run. More stores make shorter slices, so that the whole stays within its time. */
export function planOf({ quick, growTo, rounds, minutes, targets, stores }: PlanOptions): Plan {
  const base = quick ? QUICK : WHOLE;
  const roundsPlanned = rounds ?? base.rounds;
  const slices = base.connections.length * targets * roundsPlanned;
  const sliceSeconds = Math.min(
    base.sliceSeconds,
    Math.max(base.sliceSeconds / 4, base.ingestSeconds / slices),
  );
  const share = Math.min(1, STORES_AT_LENGTH / stores);
  return {
    ...base,
    rounds: roundsPlanned,
    soakMinutes: minutes ?? base.soakMinutes,
    sliceSeconds: Math.round(sliceSeconds * 10) / 10,
    growthSizes: sizesUpTo(growTo ?? base.growthContacts),
    growthReadSeconds: base.growthReadSeconds * share,
    engineSeconds: base.engineSeconds * share,
    // Whoever asks for a size has the time for it.
    fillSecondsMax: growTo === undefined ? base.fillSecondsMax : GROW_FILL_SECONDS_MAX,
  };
}

/** 10 thousand, and ten times as many each time, up to and with the greatest. */
export function sizesUpTo(greatest: number): number[] {
  const sizes: number[] = [];
  for (let size = LEAST_SIZE; size < greatest; size *= 10) sizes.push(size);
  return [...sizes, greatest];
}

/** What `--grow` goes up to. */
export const GROW_CONTACTS = 50_000_000;

const GROW_FILL_SECONDS_MAX = 4 * 3600;
const STORES_AT_LENGTH = 2;
const LEAST_SIZE = 10_000;

const WHOLE = {
  rounds: 5,
  connections: [256, 64, 1],
  sliceSeconds: 4,
  ingestSeconds: 240,
  warmUpSeconds: 1.5,
  fsyncsARound: 100,
  batchRounds: 3,
  batchSeconds: 2,
  mixedContacts: 500_000,
  mixedRounds: 3,
  soakMinutes: 30,
  soakMinuteSeconds: 60,
  waitsContacts: 500_000,
  waitsRepeats: 200_000,
  waitsRounds: 3,
  waitsSeconds: 2,
  growthContacts: 1_000_000,
  fillSecondsMax: 60,
  growthReadSeconds: 1.5,
  engineSeconds: 2,
  naiveContactsMax: 100_000,
  importContacts: 1_000_000,
  serverContactsMax: 1_000_000,
};

const QUICK: typeof WHOLE = {
  rounds: 1,
  connections: [256, 64, 1],
  sliceSeconds: 0.7,
  ingestSeconds: 20,
  warmUpSeconds: 0.5,
  fsyncsARound: 50,
  batchRounds: 1,
  batchSeconds: 0.3,
  mixedContacts: 5000,
  mixedRounds: 1,
  soakMinutes: 2,
  soakMinuteSeconds: 0.7,
  waitsContacts: 5000,
  waitsRepeats: 5000,
  waitsRounds: 1,
  waitsSeconds: 0.2,
  growthContacts: 20_000,
  fillSecondsMax: 20,
  growthReadSeconds: 0.3,
  engineSeconds: 0.3,
  naiveContactsMax: 10_000,
  importContacts: 10_000,
  serverContactsMax: 10_000,
};
