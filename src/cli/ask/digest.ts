import type { OverviewAnswer, SummaryAnswer } from '../../http/routes/dashboard-schemas.js';
import type { Custom, Preset } from '../../reading/choice.js';
import { overviewPath } from '../../reading/question.js';
import { ALWAYS, isPartial, type View, viewOf } from '../../reading/ranges.js';
import {
  firstOfMonth,
  midnightOf,
  millisecondsOf,
  moved,
  readWall,
  wallOf,
  weekdayOf,
} from '../../reading/time.js';
import { type Command, EXIT_OK } from '../terminal/command.js';
import { nearest, oneOf } from '../terminal/config.js';
import { ask, SERVER_FLAGS, type Server, zoneFlag } from './ask.js';
import type { Digest } from './digest-text.js';

interface DigestValues extends Server {
  readonly period: string;
  readonly tz: string;
  readonly format: 'text' | 'html';
}

/** What is asked for, and what it is called where it has a name of its own. */
interface Period {
  readonly range: Preset | Custom;
  readonly name?: string;
}

/** The periods that have a word, by what the clocks show. */
const PERIODS: Readonly<Record<string, (wallNow: string) => Period>> = {
  today: () => ({ range: 'today' }),
  yesterday: () => ({ range: 'yesterday' }),
  'last-week': (wallNow) => {
    const to = moved(midnightOf(wallNow), { days: -weekdayOf(wallNow) });
    return { range: { from: moved(to, { days: -7 }), to }, name: 'last week' };
  },
  'last-month': (wallNow) => {
    const to = firstOfMonth(wallNow);
    return { range: { from: moved(to, { months: -1 }), to }, name: 'last month' };
  },
};

export const digestCommand: Command = {
  name: 'digest',
  summary:
    'Print what a period was: the sentence of the dashboard, beside what is usual, and its table of symbols. For cron and mail.',
  arguments: [],
  flags: [
    ...SERVER_FLAGS,
    {
      name: 'period',
      value: 'PERIOD',
      description: `${Object.keys(PERIODS).join(', ')}, a day such as 2026-11-03, or a range such as 2026-11-01/2026-11-08, which does not include its end`,
      fallback: 'yesterday',
      parse: parsePeriod,
    },
    zoneFlag('the zone by whose clocks days begin, such as Europe/Paris'),
    {
      name: 'format',
      value: 'FORMAT',
      description: 'text or html',
      fallback: 'text',
      parse: oneOf('text', 'html'),
    },
  ],
  examples: [
    'tallyboard digest --period yesterday --tz Europe/Paris',
    'tallyboard digest --url https://tally.example --period last-week --format html',
  ],
  async run(values, { stdout }) {
    const { period, tz, format, ...server } = values as unknown as DigestValues;
    // With the numbers and dates of every language, which no other command is to load.
    const { sentenceOf } = await import('../../reading/sentence.js');
    const { digestHtml, digestText } = await import('./digest-text.js');
    // Of all time: since when there is anything, and what the server's clock says.
    const all = await ask<SummaryAnswer>(server, `/dashboard/summary/${ALWAYS.lower}/${ALWAYS.upper}`);
    const now = millisecondsOf(all.now);
    const { range, name } = periodOf(period, wallOf(now, tz));
    const view = viewOf(range, tz, now, { compare: 'week', every: undefined });
    const question = { ...view, symbol: undefined };
    const { summary, rows, usual, against } = await ask<OverviewAnswer>(server, overviewPath(question, view));
    const hasBefore = against !== null && against.contacts > 0 && !isPartial(view.before, tz, all.earliest);
    const digest: Digest = {
      sentence: sentenceOf({
        ...{ range, name, view, usual, now, symbol: undefined },
        counts: summary,
        oldestAt: all.earliest,
      }),
      view,
      rows,
      before: hasBefore ? against.rows : undefined,
      total: summary,
      link: linkOf(server.url, range, view),
    };
    stdout.write(format === 'html' ? digestHtml(digest) : digestText(digest));
    return EXIT_OK;
  },
};

function parsePeriod(text: string): string {
  if (Object.hasOwn(PERIODS, text) || rangeOf(text) !== undefined) return text;
  throw new Error(
    `'${text}' is no period: write ${Object.keys(PERIODS).join(', ')}, a day such as 2026-11-03, or two with a slash between them, from ${ALWAYS.lower} to ${ALWAYS.upper}${nearest(text, Object.keys(PERIODS))}`,
  );
}

function periodOf(text: string, wallNow: string): Period {
  return PERIODS[text]?.(wallNow) ?? { range: rangeOf(text)! };
}

/** The range of a day, or of two bounds; undefined where it is none, or beyond the years of events. */
function rangeOf(text: string): Custom | undefined {
  const [from, to, ...others] = text.split('/').map(readWall);
  if (from === undefined || from < ALWAYS.lower || from >= ALWAYS.upper || others.length > 0)
    return undefined;
  if (!text.includes('/')) return { from, to: moved(midnightOf(from), { days: 1 }) };
  return to !== undefined && from < to && to <= `${ALWAYS.upper}T00:00` ? { from, to } : undefined;
}

/** The page of the same numbers; what it is called then follows the clock no more. */
function linkOf(url: string, range: Preset | Custom, { lower, upper, zone }: View): string {
  const { from, to } = typeof range === 'object' ? range : { from: lower, to: upper };
  return `${url.replace(/\/+$/, '')}/?${new URLSearchParams({ from, to, tz: zone })}`;
}
