/** How often a long test tries what depends on chance: its small number, times what the run was asked for. */
export function repetitions(small: number): number {
  return small * Number(process.env.TALLYBOARD_TEST_REPETITIONS ?? 1);
}
