import type { Conditions } from '../../contract/documents/engine.js';
import type { CellSum } from '../../contract/served/engine.js';
import { type ContactSymbol, SYMBOLS } from '../../domain/contact.js';
import type { Range } from '../../domain/time.js';

/** What `sumsRequest` is answered with. */
export interface SumsAnswer {
  readonly aggregations: { readonly ranges: Buckets<RangeBucket> };
}

interface RangeBucket {
  readonly key: string;
  readonly symbols: Buckets<{ readonly key: ContactSymbol; readonly guesses: Buckets<GuessBucket> }>;
}

interface GuessBucket {
  readonly key: 0 | 1;
  readonly doc_count: number;
  readonly followups: { readonly value: number };
  readonly earliest: { readonly value: number };
  readonly latest: { readonly value: number };
}

interface Buckets<Bucket> {
  readonly buckets: readonly Bucket[];
}

export function queryOf(where: Conditions): object {
  const filter = Object.entries(where).map(([field, condition]) => {
    if (condition === null) return { bool: { must_not: { exists: { field } } } };
    return { [typeof condition === 'string' ? 'term' : 'range']: { [field]: condition } };
  });
  return { bool: { filter } };
}

/** Sums by range, symbol and guess: exact, as there are as many buckets as there can be symbols and guesses. */
export function sumsRequest(ranges: readonly Range[], symbol: ContactSymbol | undefined): object {
  const named = ranges.map(({ lower, upper }, question) => ({
    key: String(question),
    from: lower,
    to: upper,
  }));
  const least = Math.min(...ranges.map(({ lower }) => lower));
  const greatest = Math.max(...ranges.map(({ upper }) => upper));
  const where = { initial_at: { gte: least, lt: greatest }, ...(symbol === undefined ? {} : { symbol }) };
  const guesses = {
    terms: { field: 'is_vowel', size: 2 },
    aggs: {
      followups: { value_count: { field: 'followup_at' } },
      earliest: { min: { field: 'initial_at' } },
      latest: { max: { field: 'initial_at' } },
    },
  };
  const symbols = { terms: { field: 'symbol', size: SYMBOLS.length }, aggs: { guesses } };
  return {
    size: 0,
    track_total_hits: false,
    query: queryOf(where),
    aggs: { ranges: { range: { field: 'initial_at', ranges: named }, aggs: { symbols } } },
  };
}

export function sumsIn({ aggregations: { ranges } }: SumsAnswer): CellSum[] {
  return ranges.buckets.flatMap(({ key: question, symbols }) =>
    symbols.buckets.flatMap(({ key: symbol, guesses }) =>
      guesses.buckets.map(
        ({ key: is_vowel, doc_count: count, followups, earliest, latest }): CellSum => ({
          ...{ question: Number(question), symbol, is_vowel, count },
          ...{ followups: followups.value, earliest: earliest.value, latest: latest.value },
        }),
      ),
    ),
  );
}
