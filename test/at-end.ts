const steps: (() => unknown)[] = [];

/**
 * Does something when the tests of the file are over, whatever became of them. For modules that several files
 * import: a process runs many files, and loads a module for the first of them only.
 */
export function atEnd(step: () => unknown): void {
  steps.push(step);
}

/** What came last is undone first. */
export async function endAll(): Promise<void> {
  for (const step of steps.splice(0).reverse()) await step();
}
