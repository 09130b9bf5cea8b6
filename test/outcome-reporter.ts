import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** Of all failures, and of one: of a log that is cut, these are the last lines. */
const FAILED_LINES_MAX = 28;
const REASON_LINES_MAX = 4;
const COLUMNS_MAX = 240;

/** Says at the end what was skipped, and why: the reason stands in the name. Last of all, what failed. */
export default class OutcomeReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandled: ReadonlyArray<SerializedError>): void {
    const skipped = new Map<string, number>();
    let passed = 0;
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        else if (state !== 'failed') {
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
    const failures = [
      ...modules.flatMap(failuresOf),
      ...unhandled.map((error) => linesOf('outside of any test', [error])),
    ];
    process.stdout.write(`\n${passed} passed, ${failures.length} failed, ${total} skipped\n`);
    if (failures.length > 0) process.stdout.write(`\nFailed:\n${shortened(failures).join('\n')}\n`);
  }
}

/** Of tests, and of what comes before and after those of a suite or a file. */
function failuresOf(module: TestModule): string[][] {
  const suites = [module, ...module.children.allSuites()].flatMap((suite) => {
    const errors = suite.errors();
    const name = suite.type === 'suite' ? ` > ${suite.fullName}` : '';
    return errors.length === 0 ? [] : [linesOf(module.relativeModuleId + name, errors)];
  });
  const tests = [...module.children.allTests('failed')].map((test) =>
    linesOf(`${module.relativeModuleId} > ${test.fullName}`, test.result().errors ?? []),
  );
  return [...suites, ...tests];
}

/** What failed, and the first lines of why and where. */
function linesOf(name: string, errors: ReadonlyArray<SerializedError>): string[] {
  const reasons = errors.flatMap(({ message, diff, stacks }) => {
    const lines = stripVTControlCharacters(message).split('\n');
    // Only what differs, and no heading.
    const changes =
      stripVTControlCharacters(typeof diff === 'string' ? diff : '').match(
        /^[-+] (?!Expected|Received).*/gm,
      ) ?? [];
    const [place] = stacks ?? [];
    return [
      ...[...lines, ...changes].filter((line) => line.trim() !== '').slice(0, REASON_LINES_MAX),
      ...(place ? [`at ${relative('', place.file)}:${place.line}`] : []),
    ];
  });
  return [`  ${name}`, ...reasons.map((line) => `    ${line.slice(0, COLUMNS_MAX)}`)];
}

/** Each is named as long as there is room: of many failures the reasons of the first only. */
function shortened(failures: readonly string[][]): string[] {
  const names = failures.slice(0, FAILED_LINES_MAX);
  let left = FAILED_LINES_MAX - names.length;
  const lines = names.flatMap(([name, ...reasons]) => {
    const some = reasons.slice(0, left);
    left -= some.length;
    return [name!, ...some];
  });
  const more = failures.length - names.length;
  return more === 0 ? lines : [...lines, `  and ${more} more`];
}
