import type { TallyRow } from '../../src/http/routes/schemas.js';
import { type View, wallOfBound } from '../../src/reading/ranges.js';
import { rateOf } from '../../src/reading/statistics.js';

/** The columns of the rows as they are shown, in full precision. */
const COLUMNS = [
  'symbol',
  'count',
  'followups',
  'rate',
  'rateLow',
  'rateHigh',
  'earliest',
  'latest',
] as const;

/** The rows of the table as a text: CSV with a line of names, or a JSON object a line. */
export function rowsText(rows: readonly TallyRow[], format: 'csv' | 'ndjson'): string {
  const records = rows.map(recordOf);
  if (format === 'ndjson') return records.map((record) => `${JSON.stringify(record)}\n`).join('');
  const lines = records.map((record) => COLUMNS.map((column) => record[column] ?? '').join(','));
  return [COLUMNS.join(','), ...lines].map((text) => `${text}\n`).join('');
}

/** `tallyboard-symbols-2017-06-28-to-2017-06-29T1030-Asia-Kathmandu.csv`: what the rows are of. */
export function rowsFileName(
  { lower, upper, zone }: Pick<View, 'lower' | 'upper' | 'zone'>,
  symbol: string | undefined,
  format: 'csv' | 'ndjson',
): string {
  const [from, to] = [lower, upper].map((bound) =>
    wallOfBound(bound, zone).replace('T00:00', '').replace(':', ''),
  );
  const name = symbol === undefined ? 'symbols' : `symbol-${symbol}`;
  return `tallyboard-${name}-${from}-to-${to}-${zone.replaceAll('/', '-')}.${format}`;
}

/** Lets the browser keep a text as a file. */
export function saveText(text: string, name: string, type: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  // The browser has taken it by then; at once would be too early for some.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function recordOf({ symbol, count, followups, earliest, latest }: TallyRow) {
  const rate = rateOf(followups, count);
  return {
    symbol,
    count,
    followups,
    rate: rate?.value ?? null,
    rateLow: rate?.low ?? null,
    rateHigh: rate?.high ?? null,
    earliest,
    latest,
  };
}
