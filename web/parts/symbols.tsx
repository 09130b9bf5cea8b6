import type { TallyRow } from '../../src/http/routes/schemas.js';
import type { Numbers } from '../data/data.js';
import { rateOf } from '../data/statistics.js';
import { interval, momentOf, number, percent } from '../looks/format.js';
import { go, type PageState, type SortKey, state } from '../state.js';
import { Link } from './link.js';
import { Scroll } from './scroll.js';

interface Column {
  readonly key: SortKey;
  readonly title: string;
  readonly look?: string;
  readonly aside?: string;
}

const COLUMNS: readonly Column[] = [
  { key: 'symbol', title: 'Symbol', look: 'column-symbol' },
  { key: 'count', title: 'Contacts', look: 'column-count' },
  { key: 'followups', title: 'Followups', look: 'figure' },
  { key: 'rate', title: 'Rate', look: 'figure rate', aside: '95 % interval' },
  { key: 'earliest', title: 'Earliest' },
  { key: 'latest', title: 'Latest' },
];

/** All 26 symbols, those without contacts included. */
export function Symbols({ shown }: { shown: Numbers }) {
  const { rows, view } = shown;
  const { symbol, sort, descending } = state.value;
  const most = Math.max(1, ...rows.map(({ count }) => count));
  return (
    <section class="panel symbols" aria-labelledby="symbols-title">
      <header class="panel-head">
        <h2 id="symbols-title">Symbols</h2>
        <p class="hint">A symbol narrows the page to it</p>
      </header>
      <Scroll label="All symbols">
        <table>
          <thead>
            <tr>
              {COLUMNS.map(({ key, title, look, aside }) => (
                <th
                  key={key}
                  scope="col"
                  class={look}
                  aria-sort={sort !== key ? undefined : descending ? 'descending' : 'ascending'}
                >
                  <button type="button" class="sort" onClick={() => sortBy(key)}>
                    {title}
                    <i class="arrow" aria-hidden="true" />
                  </button>{' '}
                  {aside && <small>{aside}</small>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted(rows, state.value).map((row) => (
              <Row key={row.symbol} row={row} most={most} zone={view.zone} chosen={symbol} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
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
  zone,
  chosen,
}: {
  row: TallyRow;
  most: number;
  zone: string;
  chosen: string | undefined;
}) {
  const { symbol, count, followups, earliest, latest } = row;
  const rate = rateOf(followups, count);
  const isChosen = symbol === chosen;
  const dimmed = count === 0 || (chosen !== undefined && !isChosen);
  return (
    <tr class={`${dimmed ? 'dimmed' : ''} ${isChosen ? 'chosen' : ''}`} data-symbol={symbol}>
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
        <div class="count">
          <span class="figure">{number(count)}</span>
          <i class="row-bar" style={{ width: `${(100 * count) / most}%` }} aria-hidden="true" />
        </div>
      </td>
      <td class="figure">{number(followups)}</td>
      <td class="figure rate">
        {rate ? (
          <>
            {percent(rate.value)} <small>{interval(rate)}</small>
          </>
        ) : (
          '–'
        )}
      </td>
      <Moment at={earliest} zone={zone} />
      <Moment at={latest} zone={zone} />
    </tr>
  );
}

function Moment({ at, zone }: { at: string | null; zone: string }) {
  if (at === null) return <td class="moment">–</td>;
  return (
    <td class="moment">
      <time dateTime={`${at.replace(' ', 'T')}Z`} title={`${at} UTC`}>
        {momentOf(at, zone)}
      </time>
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
