import { setTimeout as pause } from 'node:timers/promises';

const MILLISECONDS_MAX = 240_000;

/** Waits until something holds; what fails meanwhile is tried again. */
export async function until(
  holds: () => Promise<boolean> | boolean,
  what: string,
  millisecondsMax = MILLISECONDS_MAX,
): Promise<void> {
  const deadline = Date.now() + millisecondsMax;
  for (;;) {
    const done = await Promise.resolve()
      .then(holds)
      .catch(() => false);
    if (done) return;
    if (Date.now() > deadline) throw new Error(`waited too long for ${what}`);
    await pause(25);
  }
}
