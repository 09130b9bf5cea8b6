import type { SeriesCut } from '../domain/series.js';
import type { Bounds } from './ranges.js';

/** Which contacts are asked for. */
export interface Question extends Bounds {
  readonly zone: string;
  readonly symbol: string | undefined;
}

/** What a range is compared with. */
export interface Comparisons {
  readonly before: Bounds | undefined;
  readonly beforeUntilNow: Bounds | undefined;
  readonly usual: readonly Bounds[];
}

/** The path of all that is shown of a range; without `comparisons` what it is compared with is left out. */
export function overviewPath(
  question: Question & { every: SeriesCut },
  comparisons: Comparisons | undefined,
): string {
  const more: Record<string, string> = { every: question.every };
  const { before, beforeUntilNow, usual = [] } = comparisons ?? {};
  if (before !== undefined) more.against = intervalOf(before);
  if (beforeUntilNow !== undefined) more.until = beforeUntilNow.upper;
  if (usual.length > 0) more.usual = usual.map(intervalOf).join();
  return rangePath('/dashboard/overview', question, more);
}

/** The path of an answer that is of a range. */
export function rangePath(
  base: string,
  { lower, upper, zone, symbol }: Question,
  more: Readonly<Record<string, string>> = {},
): string {
  const fields = new URLSearchParams({ tz: zone, ...more });
  if (symbol !== undefined) fields.set('symbol', symbol);
  return `${base}/${encodeURIComponent(lower)}/${encodeURIComponent(upper)}?${fields}`;
}

function intervalOf({ lower, upper }: Bounds): string {
  return `${lower}/${upper}`;
}
