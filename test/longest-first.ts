import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Rooms whose files take long: one that began last would be waited for alone, beside an idle core. */
const LONGEST = ['stores/redis', 'web', 'faults', 'stores/journal', 'cli', 'transfer', 'simulator', 'bench'];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = LONGEST.findIndex((room) => moduleId.includes(`/test/${room}/`));
  return rank === -1 ? LONGEST.length : rank;
}
