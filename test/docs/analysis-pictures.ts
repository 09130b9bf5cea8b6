import type { Bar } from './bar-picture.js';

type Row = Readonly<Record<string, string>>;

/** How the answer to a question is drawn: its title, and a bar for each row of the answer. */
export interface Picture {
  readonly title: string;
  bars(rows: readonly Row[]): readonly Bar[];
}

/** By the number of the question. */
export const PICTURES: readonly Picture[] = [
  { title: 'Contacts by symbol', bars: each('symbol', 'contacts', (row) => `${row.percent} % go on`) },
  {
    title: 'Percent that go on, with the 95 % interval',
    bars: (rows) =>
      rows.map(({ right_guess, percent, plus_minus }) => ({
        label: right_guess === 'true' ? 'right answer' : 'wrong answer',
        values: [Number(percent)],
        error: Number(plus_minus),
        text: `${percent} %`,
      })),
  },
  { title: 'Right guesses in percent, the worst symbols', bars: each('symbol', 'right_percent') },
  {
    title: 'Hours until clients go on',
    bars: ([row]) =>
      ['half_within', 'nine_in_ten_within', 'longest'].map((name) => ({
        label: name.replaceAll('_', ' '),
        values: [hoursOf(row![name]!)],
        text: `${hoursOf(row![name]!).toFixed(1)} h`,
      })),
  },
  {
    title: 'Percent gone on by now, within a day, within an hour, by week',
    bars: (rows) =>
      rows.map(({ week, hour_percent, day_percent, now_percent }) => ({
        label: week!,
        values: [now_percent, day_percent, hour_percent].map(Number),
        text: `${now_percent} %`,
      })),
  },
  { title: 'Contacts by hour of the day in New York', bars: each('hour', 'contacts') },
  { title: 'Contacts a day, by day of the week', bars: each('weekday', 'contacts_a_day') },
  {
    title: 'Contacts by day',
    bars: each('day', 'contacts', (row) => `mean of seven days ${row.mean_of_seven_days}`),
  },
  {
    title: 'The longest silences in hours',
    bars: (rows) =>
      rows.map(({ silent_from, silence }) => ({
        label: silent_from!.slice(0, 'YYYY-MM-DD HH:MM'.length),
        values: [hoursOf(silence!)],
        text: `${hoursOf(silence!).toFixed(1)} h`,
      })),
  },
  {
    title: 'Events',
    bars: each('url', 'events', (row) => `${row.replays} replays, ${row.unmatched} unmatched`),
  },
];

/** The rows of a table as `tallyboard sql` prints it. */
export function rowsOf(answer: string): Row[] {
  const [head, , ...lines] = answer.split('\n').filter((line) => !/^\(\d+ rows?\)$|^$/.test(line));
  const cells = (line: string) => line.split('|').map((cell) => cell.trim());
  return lines.map((line) => Object.fromEntries(cells(head!).map((name, i) => [name, cells(line)[i]!])));
}

function each(label: string, value: string, more?: (row: Row) => string) {
  return (rows: readonly Row[]): Bar[] =>
    rows.map((row) => ({
      label: row[label]!,
      values: [Number(row[value])],
      text: more === undefined ? row[value]! : `${row[value]}, ${more(row)}`,
    }));
}

/** Of `1 day 11:46:15.734795`. */
function hoursOf(interval: string): number {
  const [, days = '0', hours, minutes] = /^(?:(\d+) days? )?(\d+):(\d+):/.exec(interval)!;
  return Number(days) * 24 + Number(hours) + Number(minutes) / 60;
}
