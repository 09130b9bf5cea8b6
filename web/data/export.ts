import type { TallyRow } from '../../src/http/routes/schemas.js';
import { type View, wallOfBound } from '../../src/reading/ranges.js';
import { rateOf } from '../../src/reading/statistics.js';
import type { Numbers } from './data.js';

type Row = Readonly<Record<string, string | number | null>>;
type Format = 'csv' | 'ndjson';

const TYPES = {
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
  svg: 'image/svg+xml',
  png: 'image/png',
} as const;

/** The rows of the table of symbols, as they are shown, in full precision. */
export function rowsText(rows: readonly TallyRow[], format: Format): string {
  return textOf(
    rows.map(({ symbol, count, followups, earliest, latest }) => ({
      ...{ symbol, count, followups, ...ratesOf(followups, count) },
      ...{ earliest, latest },
    })),
    format,
  );
}

/** The buckets of the chart; with the contacts of each symbol where all are shown. */
export function seriesText({ series, before, symbol }: Numbers, format: Format): string {
  const letters = symbol === undefined ? [...'abcdefghijklmnopqrstuvwxyz'] : [];
  return textOf(
    series.buckets.map(({ start, end, contacts, followups, symbols }, place) => ({
      ...{ start, end, contacts, followups, ...ratesOf(followups, contacts) },
      ...(before === undefined ? {} : { before: before.buckets[place]?.contacts ?? null }),
      ...Object.fromEntries(letters.map((letter, index) => [letter, symbols[index]!])),
    })),
    format,
  );
}

/** `tallyboard-symbols-2017-06-28-to-2017-06-29T1030-Asia-Kathmandu.csv`: what is in a file, and of which range. */
export function fileName(
  { lower, upper, zone }: Pick<View, 'lower' | 'upper' | 'zone'>,
  what: string,
  ending: string,
): string {
  const [from, to] = [lower, upper].map((bound) =>
    wallOfBound(bound, zone).replace('T00:00', '').replace(':', ''),
  );
  return `tallyboard-${what}-${from}-to-${to}-${zone.replaceAll('/', '-')}.${ending}`;
}

/** Lets the browser keep something as a file. */
export function save(content: string | Blob, name: string, format: keyof typeof TYPES): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type: TYPES[format] }));
  link.download = name;
  link.click();
  // The browser has taken it by then; at once would be too early for some.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function ratesOf(followups: number, contacts: number) {
  const rate = rateOf(followups, contacts);
  return { rate: rate?.value ?? null, rateLow: rate?.low ?? null, rateHigh: rate?.high ?? null };
}

/** CSV with a line of names, or a JSON object a line. Nothing here has a comma or a quote. */
function textOf(rows: readonly Row[], format: Format): string {
  if (format === 'ndjson') return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const columns = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) => columns.map((column) => row[column] ?? '').join(','));
  return [columns.join(','), ...lines].map((line) => `${line}\n`).join('');
}
