import type { Spread } from './statistics.js';

/** Three digits that say something: `0.0123`, `1.23`, `12.3`, `1,230`. */
export function fixed(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || size === 0) return whole(value);
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** `1,230,000` */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `0.93 (0.91–0.95)`: the median, and the least and greatest of the rounds. */
export function spreadText(spread: Spread | null): string | null {
  if (spread === null) return null;
  return `${fixed(spread.median)} (${fixed(spread.min)}–${fixed(spread.max)})`;
}

/** A table in Markdown; null is a dash. */
export function table(head: readonly string[], rows: readonly (readonly (string | null)[])[]): string {
  const line = (cells: readonly (string | null)[]) =>
    `| ${cells.map((cell) => (cell ?? '–').replaceAll('|', '\\|')).join(' | ')} |`;
  // Figures stand under each other where they end.
  const rule = `|${head.map((_, column) => (column === 0 ? '---|' : '---:|')).join('')}`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/** 10 thousand is `10k`, a million `1M`. */
export function sizeText(contacts: number): string {
  if (contacts >= 1e6) return `${Number((contacts / 1e6).toPrecision(3))}M`;
  return contacts >= 1000 ? `${Number((contacts / 1000).toPrecision(3))}k` : String(contacts);
}
