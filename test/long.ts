/** How often a long test tries what a short one tries `small` times: TALLYBOARD_TEST_REPETITIONS times as often. */
export function repetitions(small: number): number {
  return Math.ceil(small * Number(process.env.TALLYBOARD_TEST_REPETITIONS ?? 1));
}
