import type uPlot from 'uplot';
import type { Rate } from '../../src/reading/statistics.js';

type Column = readonly (number | null)[];

/** What is drawn of each bucket. */
export interface ChartData {
  /** The contacts; null where it has not begun. */
  readonly contacts: Column;
  /** The bucket that is under way; undefined where none is. */
  readonly running: number | undefined;
  /** The followup rate; undefined where there are too few contacts to tell. */
  readonly rates: readonly (Rate | undefined)[];
  /** The contacts of that which it is compared with. */
  readonly before: Column | undefined;
  /** The buckets that have a note. */
  readonly noted: readonly number[];
  /** The buckets that are marked below the axis, where there is room for so many marks. */
  readonly marked: (room: number) => number[];
  /** The mark of a bucket, after that of the previous one; two lines at most. */
  readonly mark: (index: number, previous: number | undefined) => string;
  /** Prints numbers of contacts on the axis. */
  readonly print: (values: readonly number[]) => string[];
}

/** The columns of the plot: places, contacts, the bucket under way, what was before, rates between their bounds. */
export function columnsOf({ contacts, running, rates, before }: ChartData): uPlot.AlignedData {
  const percentage = (rate: number | undefined) => (rate === undefined ? null : 100 * rate);
  return [
    contacts.map((_, index) => index),
    contacts.map((count, index) => (index === running ? null : count)),
    contacts.map((count, index) => (index === running ? count : null)),
    before === undefined ? contacts.map(() => null) : [...before],
    rates.map((rate) => percentage(rate?.low)),
    rates.map((rate) => percentage(rate?.high)),
    rates.map((rate) => percentage(rate?.value)),
  ];
}

export function hasRates({ rates }: ChartData): boolean {
  return rates.some((rate) => rate !== undefined);
}

/** The end of the axis of rates, in percent: the next of 1, 2, 5, 10, … above all that is drawn. */
export function highestRate({ rates }: ChartData): number {
  const highest = 100 * Math.max(0.001, ...rates.map((rate) => rate?.high ?? 0));
  const power = 10 ** Math.floor(Math.log10(highest));
  return Math.min(100, power * [1, 2, 5, 10].find((step) => step * power >= highest)!);
}
