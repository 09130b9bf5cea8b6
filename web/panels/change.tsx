import { type Apart, isBeyondChance } from '../../src/reading/statistics.js';

/** A change, in colour only where it is beyond chance; `test` names the test that says so. */
export function Change({
  apart,
  text,
  test,
  isNeutral = false,
}: {
  apart: Apart;
  text: string;
  test: string;
  /** Where neither more nor less is better. */
  isNeutral?: boolean;
}) {
  const isNews = isBeyondChance(apart);
  const direction = !isNews ? 'level' : isNeutral ? 'other' : apart.by > 0 ? 'up' : 'down';
  return (
    <b class={`change-by ${direction}`} title={`${isNews ? 'Beyond' : 'Within'} chance: ${test}`}>
      {text}
    </b>
  );
}
