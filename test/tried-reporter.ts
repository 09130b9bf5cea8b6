import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Prints at the end what the long tests tried, and how often. */
export default class TriedReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    const rows = modules.flatMap((module) => [...module.children.allTests()].flatMap(rowsOf));
    const table = [['what was tried', 'times', 'seconds', 'what came of it'], ...rows];
    const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]!.length)));
    const lines = table.map(([name, times, seconds, outcome]) =>
      [name!.padEnd(widths[0]!), times!.padStart(widths[1]!), seconds!.padStart(widths[2]!), outcome!].join(
        '  ',
      ),
    );
    process.stdout.write(`\n${lines.join('\n')}\n`);
  }
}

/** A test that says nothing of its own was tried once. */
function rowsOf(test: TestCase): string[][] {
  const { state } = test.result();
  const seconds = ((test.diagnostic()?.duration ?? 0) / 1000).toFixed(1);
  const tried = state === 'failed' ? [] : (test.meta().tried ?? []);
  if (tried.length === 0) return [[test.fullName, state === 'skipped' ? '0' : '1', seconds, state]];
  return tried.map(({ name, count, outcome }, i) => [name, String(count), i === 0 ? seconds : '', outcome]);
}
