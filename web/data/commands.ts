import { rangePath } from '../../src/reading/question.js';
import { instantOfBound } from '../../src/reading/ranges.js';
import type { Numbers } from './data.js';
import { weekRange } from './week.js';

/** The parts of the page whose numbers can be asked for elsewhere. */
export type Panel = 'series' | 'symbols' | 'guesses' | 'week';

type Shown = Pick<Numbers, 'view' | 'asked' | 'symbol' | 'series'> & {
  readonly summary: { readonly signedIn: boolean };
};

/** The line by which a shell asks the server for what a panel shows. */
export function curlOf(
  panel: Panel,
  { asked, view, symbol, summary }: Shown,
  origin: string,
  now: number,
): string {
  const question = { ...asked, zone: view.zone, symbol };
  const pathOf = {
    series: () => rangePath('/dashboard/series', question, { every: asked.every }),
    symbols: () => rangePath('/dashboard/range', { ...question, symbol: undefined }),
    guesses: () => rangePath('/dashboard/guesses', question),
    week: () => {
      const [lower, upper] = weekRange(view, now)!.map((at) => `${new Date(at).toISOString().slice(0, 16)}Z`);
      return rangePath('/dashboard/series', { ...question, lower: lower!, upper: upper! }, { every: 'hour' });
    },
  } as const;
  const token = summary.signedIn ? ' \\\n  -H "Authorization: Bearer $TALLYBOARD_DASHBOARD_TOKEN"' : '';
  return `curl '${origin}${pathOf[panel]()}'${token}`;
}

/** The same by SQL over the raw events, for `tallyboard sql`. */
export function sqlOf(panel: Panel, { view, symbol, series }: Shown, now: number): string {
  const { zone } = view;
  const [from, to] =
    panel === 'week'
      ? weekRange(view, now)!
      : [view.lower, view.upper].map((bound) => instantOfBound(bound, zone));
  const [lower, upper] = [from!, to!].map((at) => new Date(at).toISOString().slice(0, 19).replace('T', ' '));
  const narrowed = symbol === undefined ? '' : ` AND symbol = '${symbol}'`;
  const where = `FROM contacts WHERE initial_at >= '${lower}' AND initial_at < '${upper}'${narrowed}`;
  const wall = zone === 'UTC' ? 'initial_at' : `(initial_at AT TIME ZONE 'UTC' AT TIME ZONE '${zone}')`;
  const [columns, group] = {
    series: [`date_trunc('${series.every}', ${wall}) AS start`, '1'],
    symbols: ['symbol', '1'],
    guesses: [
      `CASE WHEN symbol IN ('a', 'e', 'i', 'o', 'u') THEN 'vowels' WHEN symbol = 'y' THEN 'y' ELSE 'consonants' END AS letters, is_vowel AS said`,
      '1, 2',
    ],
    week: [`isodow(${wall}) AS weekday, hour(${wall}) AS hour`, '1, 2'],
  }[panel];
  return `SELECT ${columns}, ${COUNTS}\n${where}\nGROUP BY ${group} ORDER BY ${group}`;
}

const COUNTS = 'count(*) AS contacts, count(followup_at) AS followups';
