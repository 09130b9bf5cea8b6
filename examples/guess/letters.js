/** Knows the vowels, and is sure of it: y is none. */
export function guess(symbol) {
  return 'aeiou'.includes(symbol);
}
