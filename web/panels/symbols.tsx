import type { TallyRow } from '../../src/http/routes/schemas.js';
import { growthText, momentOf, number } from '../../src/reading/format.js';
import { isPartial } from '../../src/reading/ranges.js';
import { rateOf, symbolsApart } from '../../src/reading/statistics.js';
import type { Numbers } from '../data/data.js';
import { oldestAt } from '../live/live.js';
import { isWide } from '../looks/width.js';
import { CopyMenu } from '../menus/copy-menu.js';
import { Link } from '../parts/link.js';
import { go, type PageState, type SortKey, state } from '../state.js';
import { Change } from './change.js';
import { Counted, digitsOf, Figure, RateCell } from './figure.js';
import { Scroll } from './scroll.js';

interface Column {
  /** Undefined where the table cannot be sorted by it. */
  readonly key: SortKey | undefined;
  readonly title: string;
  readonly look?: string;
  readonly aside?: string;
}

const COLUMNS: readonly Column[] = [
  { key: 'symbol', title: 'Symbol', look: 'column-symbol' },
  { key: 'count', title: 'Contacts', look: 'column-count' },
  { key: 'followups', title: 'Followups', look: 'figure' },
  { key: 'rate', title: 'Rate', look: 'figure rate', aside: '95 % interval' },
];
const TREND: Column = { key: undefined, title: 'Trend', look: 'column-trend' };
const CHANGE: Column = { key: undefined, title: 'Change', look: 'figure' };
const MOMENTS: readonly Column[] = [
  { key: 'earliest', title: 'Earliest' },
  { key: 'latest', title: 'Latest' },
];

/** All 26 symbols, those without contacts included. */
export function Symbols({ shown }: { shown: Numbers }) {
  const { moments } = state.value;
  const rows = sorted(shown.rows, state.value);
  const half = Math.ceil(rows.length / 2);
  return (
    <section class="panel symbols" aria-labelledby="symbols-title">
      <header class="panel-head">
        <h2 id="symbols-title">Symbols</h2>
        <div class="tools">
          <p class="hint">A symbol narrows the page to it</p>
          <button
            type="button"
            class="button small"
            aria-pressed={moments}
            onClick={() => go({ moments: !moments })}
          >
            Times
          </button>
          <CopyMenu panel="symbols" shown={shown} />
        </div>
      </header>
      <Scroll label="All symbols">
        <div class="halves">
          {isWide.value && !moments ? (
            [rows.slice(0, half), rows.slice(half)].map((part, index) => (
              <SymbolTable key={index} shown={shown} rows={part} />
            ))
          ) : (
            <SymbolTable shown={shown} rows={rows} />
          )}
        </div>
      </Scroll>
    </section>
  );
}

function SymbolTable({ shown, rows }: { shown: Numbers; rows: readonly TallyRow[] }) {
  const { sort, descending, moments } = state.value;
  const most = Math.max(1, ...shown.rows.map(({ count }) => count));
  const columns = [
    ...COLUMNS,
    ...(moments
      ? MOMENTS
      : [...(shown.series.buckets.length > 2 ? [TREND] : []), ...(hasChange(shown) ? [CHANGE] : [])]),
  ];
  return (
    <table style={{ '--digits': digitsOf(most) }}>
      <thead>
        <tr>
          {columns.map(({ key, title, look, aside }) => (
            <th
              key={title}
              scope="col"
              class={look}
              aria-sort={
                key === undefined || sort !== key ? undefined : descending ? 'descending' : 'ascending'
              }
            >
              <span class={key === 'count' ? 'count' : ''}>
                {key === undefined ? title : <SortButton by={key} title={title} />}
              </span>{' '}
              {aside && <small>{aside}</small>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.symbol} row={row} most={most} shown={shown} columns={columns} />
        ))}
      </tbody>
    </table>
  );
}

function SortButton({ by, title }: { by: SortKey; title: string }) {
  return (
    <button type="button" class="sort" onClick={() => sortBy(by)}>
      {title}
      <i class="arrow" aria-hidden="true" />
    </button>
  );
}

/** The rows in the order that the reader wants; those without a value stand last either way. */
export function sorted(
  rows: readonly TallyRow[],
  { sort, descending }: Pick<PageState, 'sort' | 'descending'>,
): TallyRow[] {
  return rows.toSorted((one, other) => {
    const [a, b] = [sortValueOf(one, sort), sortValueOf(other, sort)];
    if (a === b) return one.symbol < other.symbol ? -1 : 1;
    if (a === undefined || b === undefined) return a === undefined ? 1 : -1;
    return (a < b ? -1 : 1) * (descending ? -1 : 1);
  });
}

function Row({
  row,
  most,
  shown,
  columns,
}: {
  row: TallyRow;
  most: number;
  shown: Numbers;
  columns: readonly Column[];
}) {
  const { symbol: chosen, moments } = state.value;
  const { symbol, count, followups, earliest, latest } = row;
  const { zone } = shown.view;
  const rate = rateOf(followups, count);
  const isChosen = symbol === chosen;
  const dimmed = count === 0 || (chosen !== undefined && !isChosen);
  return (
    <tr
      class={`${dimmed ? 'dimmed' : ''} ${isChosen ? 'chosen' : ''}`}
      data-symbol={symbol}
      title={
        earliest === null ? undefined : `From ${momentOf(earliest, zone)} until ${momentOf(latest!, zone)}`
      }
    >
      <th scope="row" class="column-symbol">
        <Link
          class="symbol"
          to={{ symbol: isChosen ? undefined : symbol }}
          aria-current={isChosen ? 'true' : undefined}
          aria-label={isChosen ? `${symbol}: show all symbols again` : `${symbol}: narrow the page to it`}
        >
          {symbol}
        </Link>
      </th>
      <td class="column-count">
        <Counted value={count} most={most} />
      </td>
      <td class="figure">
        <Figure value={followups} />
      </td>
      <RateCell rate={rate} />
      {columns.includes(TREND) && <Trend shown={shown} symbol={symbol} />}
      {columns.includes(CHANGE) && <ChangeCell shown={shown} row={row} />}
      {moments && <Moment at={earliest} zone={zone} />}
      {moments && <Moment at={latest} zone={zone} />}
    </tr>
  );
}

function indexOf(symbol: string): number {
  return symbol.charCodeAt(0) - 97;
}

/** A small line of the contacts over time, as far as it is over. */
function Trend({ shown: { series, summary }, symbol }: { shown: Numbers; symbol: string }) {
  const { buckets } = series;
  const over = buckets.filter(({ end }) => end <= summary.now);
  const counts = (over.length > 1 ? over : buckets).map(({ symbols }) => symbols[indexOf(symbol)]!);
  const most = Math.max(...counts);
  const points = counts.map((count, index) => `${index},${most - count}`).join(' ');
  return (
    <td class="column-trend">
      {most > 0 && (
        <svg viewBox={`0 0 ${counts.length - 1} ${most}`} preserveAspectRatio="none" aria-hidden="true">
          <polyline points={points} vector-effect="non-scaling-stroke" />
        </svg>
      )}
    </td>
  );
}

function hasChange({ before, view }: Numbers): boolean {
  return before !== undefined && before.contacts > 0 && !isPartial(view.before, view.zone, oldestAt.value);
}

function ChangeCell({ shown, row: { symbol, count } }: { shown: Numbers; row: TallyRow }) {
  const was = shown.before!.rows[indexOf(symbol)]!.count;
  return (
    <td class="figure">
      {was > 0 && (
        <Change
          apart={symbolsApart(count, was)}
          text={growthText(count, was)}
          test={`${number(was)} before; a Poisson test, 95 % for all 26 together`}
        />
      )}
    </td>
  );
}

function Moment({ at, zone }: { at: string | null; zone: string }) {
  return (
    <td class="moment">
      {at !== null && (
        <time dateTime={`${at.replace(' ', 'T')}Z`} title={`${at} UTC`}>
          {momentOf(at, zone)}
        </time>
      )}
    </td>
  );
}

/** The first look at numbers is for the greatest, at letters for the first. */
function sortBy(key: SortKey): void {
  const { sort, descending } = state.value;
  go({ sort: key, descending: sort === key ? !descending : key !== 'symbol' && key !== 'earliest' });
}

function sortValueOf(row: TallyRow, key: SortKey): number | string | undefined {
  if (key === 'rate') return rateOf(row.followups, row.count)?.value;
  return row[key] ?? undefined;
}
