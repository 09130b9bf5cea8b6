import { interval, number, percent, shortNumber } from '../../src/reading/format.js';
import type { Rate } from '../../src/reading/statistics.js';

/** From how many on a number is shortened where there is little room; it is whole for readers and on hover. */
const SHORT_MIN = 10_000_000;
/** And from how many on everywhere. */
const LONG_MIN = 1_000_000_000;

/** How many characters the greatest number of a table takes. */
export function digitsOf(most: number): number {
  return number(Math.min(most, LONG_MIN - 1)).length;
}

/** A number in a table. */
export function Figure({ value }: { value: number }) {
  const text = number(value);
  if (value < SHORT_MIN) return <span class="whole">{text}</span>;
  return (
    <span class={value < LONG_MIN ? 'whole' : 'whole long'} title={text} data-short={shortNumber(value)}>
      {text}
    </span>
  );
}

/** A number of a table with its bar: beside it, or beneath where there is little room. */
export function Counted({ value, most, look = '' }: { value: number; most: number; look?: string }) {
  return (
    <div class="count">
      <span class="figure">
        <Figure value={value} />
      </span>
      <i class={`row-bar ${look}`} style={{ width: `${(100 * value) / most}%` }} aria-hidden="true" />
    </div>
  );
}

/** A rate in a table, with its interval; empty where there is none. */
export function RateCell({ rate }: { rate: Rate | undefined }) {
  return (
    <td class="figure rate" title={rate && `95 % interval ${interval(rate)}`}>
      {rate && (
        <>
          {percent(rate.value)} <small>{interval(rate)}</small>
        </>
      )}
    </td>
  );
}
