/** How often it is looked, and how late a look may be before that counts: an idle machine is never so late. */
const LOOK_MILLISECONDS = 5;
const LATE_MILLISECONDS = 15;

/**
 * Runs something that keeps a pace, and says for how many milliseconds in all the machine let this process not
 * go on meanwhile: who keeps a pace cannot be held to what was not given to it.
 */
export async function heldUp<T>(run: () => Promise<T>): Promise<{ result: T; held: number }> {
  let held = 0;
  let before = performance.now();
  const look = () => {
    const now = performance.now();
    const late = now - before - LOOK_MILLISECONDS;
    if (late > LATE_MILLISECONDS) held += late;
    before = now;
  };
  const timer = setInterval(look, LOOK_MILLISECONDS);
  try {
    const result = await run();
    look();
    return { result, held };
  } finally {
    clearInterval(timer);
  }
}
