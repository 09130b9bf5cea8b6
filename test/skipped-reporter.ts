import type { Reporter, TestModule } from 'vitest/node';

/** Says at the end what was skipped, and why: the reason stands in the name. */
export default class SkippedReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    const skipped = new Map<string, number>();
    let passed = 0;
    let failed = 0;
    for (const module of modules) {
      if (module.state() === 'failed' && module.errors().length > 0) failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        else if (state === 'failed') failed += 1;
        else {
          // The reason stands in the name of the suite or, where only some of its tests are skipped, of the test.
          const [suite = ''] = test.fullName.split(' > ');
          const place = `${module.relativeModuleId}: ${suite.includes('skipped') ? suite : test.fullName}`;
          skipped.set(place, (skipped.get(place) ?? 0) + 1);
        }
      }
    }
    const total = [...skipped.values()].reduce((sum, count) => sum + count, 0);
    if (total > 0) process.stdout.write(`\nSkipped:\n`);
    for (const [place, count] of skipped) process.stdout.write(`  ${place} (${count})\n`);
    process.stdout.write(`\n${passed} passed, ${failed} failed, ${total} skipped\n`);
  }
}
