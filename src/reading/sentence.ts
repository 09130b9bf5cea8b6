import type { Counts } from '../http/routes/dashboard-schemas.js';
import type { Custom, Preset } from './choice.js';
import { capital, counted, growthText, number, percent, span, weekdayName } from './format.js';
import { isOpen, isPartial, type View, wallOfBound } from './ranges.js';
import { isBeyondChance, rateOf, sharesApart, usualApart } from './statistics.js';
import { minutesBetween } from './time.js';

/** Fewer periods do not tell what is usual. */
const PERIODS_MIN = 4;

const NAMES: Readonly<Partial<Record<Preset, string>>> = {
  hour: 'the last hour',
  today: 'today so far',
  yesterday: 'yesterday',
  '7d': 'the last 7 days',
  '30d': 'the last 30 days',
  '90d': 'the last 90 days',
  month: 'this month so far',
  all: 'in all',
};

/** What a sentence is made of. */
export interface Told {
  readonly range: Preset | Custom;
  /** What it is called; left out: as its name as a preset, or its dates, have it. */
  readonly name?: string | undefined;
  readonly view: View;
  readonly symbol: string | undefined;
  readonly counts: Counts;
  /** Of the periods in `view.usual`. */
  readonly usual: readonly Counts[];
  /** The first initial of all time; null where there is none, undefined where that is not known. */
  readonly oldestAt: string | null | undefined;
  /** In milliseconds since 1970. */
  readonly now: number;
}

/** A part of the sentence. */
export interface Part {
  readonly text: string;
  /** `up` and `down` are news. */
  readonly look?: 'number' | 'up' | 'down';
  /** By which test it is told. */
  readonly test?: string;
}

/** What a range was, in plain words, beside what is usual; only what is beyond chance is told as news. */
export function sentenceOf(told: Told): Part[] {
  const { counts, symbol, usual, view, oldestAt } = told;
  const whole =
    oldestAt === undefined ? [] : usual.filter((_, i) => !isPartial(view.usual[i], view.zone, oldestAt));
  const isKnown = whole.length >= PERIODS_MIN;
  const rate = rateOf(counts.followups, counts.contacts);
  return [
    { text: `${capital(nameOf(told))}: ` },
    { text: counted(counts.contacts, 'contact'), look: 'number' },
    ...(symbol === undefined ? [] : [{ text: ` with ${symbol}` }]),
    ...(isKnown ? usualCount(told, whole) : []),
    ...(rate === undefined
      ? []
      : [
          { text: '; ' },
          { text: percent(rate.value), look: 'number' as const },
          { text: ' went on' },
          ...(isKnown ? usualRate(counts, whole) : []),
        ]),
    { text: '.' },
  ];
}

function usualCount(told: Told, whole: readonly Counts[]): Part[] {
  const { contacts } = told.counts;
  const apart = usualApart(
    contacts,
    whole.map((each) => each.contacts),
  );
  const days = daysOf(told);
  const about = number(Math.round(apart.mean));
  const test = `The ${whole.length} periods before it had ${about} on average; news is what lies beyond their 95 % prediction interval (Student's t)`;
  if (!isBeyondChance(apart)) return [{ text: `, as usual ${days}`, test }];
  const isMore = contacts > apart.mean;
  const text = growthText(contacts, apart.mean).replace(/^[+−]/, '');
  const isManifold = text.endsWith('times');
  return [
    { text: ', ' },
    {
      text: isManifold ? text : `${text} ${isMore ? 'more' : 'fewer'}`,
      look: isMore ? 'up' : 'down',
      test,
    },
    { text: ` ${isManifold ? 'as many as' : 'than'} usual ${days} (about ${about})`, test },
  ];
}

function usualRate({ contacts, followups }: Counts, whole: readonly Counts[]): Part[] {
  const [allContacts, allFollowups] = [
    whole.reduce((sum, each) => sum + each.contacts, 0),
    whole.reduce((sum, each) => sum + each.followups, 0),
  ];
  const usual = rateOf(allFollowups, allContacts);
  if (usual === undefined) return [];
  const apart = sharesApart(followups, contacts, allFollowups, allContacts);
  const test = `${percent(usual.value)} in the ${whole.length} periods before it; news is what a two-proportion z-test finds beyond chance, 95 %`;
  if (!isBeyondChance(apart)) return [{ text: ', as usual', test }];
  return [
    { text: ', ' },
    { text: apart.by > 0 ? 'more' : 'fewer', look: apart.by > 0 ? 'up' : 'down', test },
    { text: ` than usual (${percent(usual.value)})`, test },
  ];
}

function nameOf({ range, name, view, now }: Told): string {
  const known = name ?? (typeof range === 'string' ? NAMES[range] : undefined);
  return known ?? `${span(view)}${isOpen(view, now) ? ' so far' : ''}`;
}

/** What it is usual on, or for. */
function daysOf({ view, now }: Told): string {
  const { lower, upper, zone } = view;
  const [from, to] = [wallOfBound(lower, zone), wallOfBound(upper, zone)];
  const byNow = isOpen(view, now) ? ' by this time' : '';
  const minutes = minutesBetween(from, to);
  if (minutes < 1440) return `at this time on ${weekdayName(from)}s`;
  if (minutes === 1440) return `on ${weekdayName(from)}s${byNow}`;
  return `for such a period${byNow}`;
}
