import { TestRunner } from 'vitest';

/** What a long test tried, how often, and what came of it. */
export interface Tried {
  readonly name: string;
  readonly count: number;
  readonly outcome: string;
}

declare module 'vitest' {
  interface TaskMeta {
    tried?: Tried[];
  }
}

const SETTING = 'TALLYBOARD_TEST_REPETITIONS';

/** How often a long test is to try something: `small` times, and as many times that as the setting says. */
export function repetitions(small: number): number {
  const times = Number(process.env[SETTING] ?? 1);
  if (!Number.isInteger(times) || times < 1) throw new RangeError(`${SETTING} is to be a number from 1 on`);
  return small * times;
}

/** Notes for the table at the end of the long tests what the test that runs has tried. */
export function tried(name: string, count: number, outcome: string): void {
  const { meta } = TestRunner.getCurrentTest()!;
  meta.tried = [...(meta.tried ?? []), { name, count, outcome }];
}
