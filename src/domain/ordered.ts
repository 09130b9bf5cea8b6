/** How many are sorted, or merged, between two pauses. */
const PIECE = 2048;

/**
 * The numbers from 0 up to but not including `count` in the order that `compare` says, those that compare
 * alike by themselves. Pauses now and then: to sort many at once takes long.
 */
export function* ordered(
  count: number,
  compare: (first: number, second: number) => number,
): Generator<void, Uint32Array> {
  let from = new Uint32Array(count);
  let isOrdered = true;
  for (let i = 0; i < count; i += 1) {
    from[i] = i;
    if (i > 0 && compare(i - 1, i) > 0) isOrdered = false;
    if (i % PIECE === 0) yield;
  }
  if (isOrdered) return from;
  for (let at = 0; at < count; at += PIECE) {
    from.subarray(at, at + PIECE).sort((first, second) => compare(first, second) || first - second);
    yield;
  }
  let into = new Uint32Array(count);
  for (let width = PIECE; width < count; width *= 2) {
    for (let at = 0; at < count; at += 2 * width) {
      const middle = Math.min(at + width, count);
      const end = Math.min(middle + width, count);
      for (let [to, left, right] = [at, at, middle]; to < end; to += 1) {
        const isLeft = right === end || (left < middle && compare(from[left]!, from[right]!) <= 0);
        into[to] = isLeft ? from[left++]! : from[right++]!;
        if (to % PIECE === 0) yield;
      }
    }
    [from, into] = [into, from];
  }
  return from;
}
