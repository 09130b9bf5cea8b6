import type { Numbers } from '../data/data.js';
import { isBeyondChance, rateOf, sharesApart, usualApart } from '../data/statistics.js';
import { isPartial, line, oldestAt } from '../live/live.js';
import { capital, counted, growthText, number, percent, span, weekdayName } from '../looks/format.js';
import { type Preset, state } from '../state.js';
import { isOpen, wallOfBound } from '../time/ranges.js';
import { millisecondsOf, minutesBetween } from '../time/time.js';

/** Fewer periods do not tell what is usual. */
const PERIODS_MIN = 4;

const NAMES: Readonly<Partial<Record<Preset, string>>> = {
  hour: 'the last hour',
  yesterday: 'yesterday',
  '7d': 'the last 7 days',
  '30d': 'the last 30 days',
  '90d': 'the last 90 days',
};

/** What the range was, in plain words, beside what is usual; only what is beyond chance is told as news. */
export function Sentence({ shown }: { shown: Numbers }) {
  const { view, summary, usual, symbol } = shown;
  // Before the first message it is not known from when on there is anything.
  const isKnown = oldestAt.value !== null || line.value === 'refused';
  const whole = usual.filter((_, index) => !isPartial(view.usual[index], view.zone));
  const rate = rateOf(summary.followups, summary.contacts);
  return (
    <p class="sentence">
      {capital(nameOf(shown))}: <b>{counted(summary.contacts, 'contact')}</b>
      {symbol !== undefined && <> with {symbol}</>}
      {isKnown && whole.length >= PERIODS_MIN && <Usual shown={shown} whole={whole} />}
      {rate && (
        <>
          {'; '}
          <b>{percent(rate.value)}</b> went on
          {isKnown && whole.length >= PERIODS_MIN && <UsualRate shown={shown} whole={whole} />}
        </>
      )}
      .
    </p>
  );
}

function Usual({ shown, whole }: { shown: Numbers; whole: Numbers['usual'] }) {
  const { contacts } = shown.summary;
  const apart = usualApart(
    contacts,
    whole.map((each) => each.contacts),
  );
  const days = daysOf(shown);
  const about = number(Math.round(apart.mean));
  const test = `The ${whole.length} periods before it had ${about} on average; news is what lies beyond their 95 % prediction interval (Student's t)`;
  if (!isBeyondChance(apart)) return <span title={test}>, as usual {days}</span>;
  const isMore = contacts > apart.mean;
  const text = growthText(contacts, apart.mean).replace(/^[+−]/, '');
  return (
    <span title={test}>
      ,{' '}
      <b class={isMore ? 'up' : 'down'}>
        {text.endsWith('times') ? text : `${text} ${isMore ? 'more' : 'fewer'}`}
      </b>{' '}
      {text.endsWith('times') ? 'as many as' : 'than'} usual {days} (about {about})
    </span>
  );
}

function UsualRate({ shown: { summary }, whole }: { shown: Numbers; whole: Numbers['usual'] }) {
  const [contacts, followups] = [0, 0].map((_, which) =>
    whole.reduce((sum, each) => sum + (which === 0 ? each.contacts : each.followups), 0),
  );
  const usual = rateOf(followups!, contacts!);
  if (usual === undefined) return null;
  const apart = sharesApart(summary.followups, summary.contacts, followups!, contacts!);
  const test = `${percent(usual.value)} in the ${whole.length} periods before it; news is what a two-proportion z-test finds beyond chance, 95 %`;
  if (!isBeyondChance(apart)) return <span title={test}>, as usual</span>;
  return (
    <span title={test}>
      , <b class={apart.by > 0 ? 'up' : 'down'}>{apart.by > 0 ? 'more' : 'fewer'}</b> than usual (
      {percent(usual.value)})
    </span>
  );
}

function nameOf({ view, summary }: Numbers): string {
  const { range } = state.value;
  const soFar = isOpen(view, millisecondsOf(summary.now)) ? ' so far' : '';
  if (range === 'today') return 'today so far';
  if (range === 'month') return 'this month so far';
  if (range === 'all') return 'in all';
  const name = typeof range === 'string' ? NAMES[range] : undefined;
  return name ?? `${span(view)}${soFar}`;
}

/** What it is usual on, or for. */
function daysOf({ view, summary }: Numbers): string {
  const { lower, upper, zone } = view;
  const [from, to] = [wallOfBound(lower, zone), wallOfBound(upper, zone)];
  const byNow = isOpen(view, millisecondsOf(summary.now)) ? ' by this time' : '';
  const minutes = minutesBetween(from, to);
  if (minutes < 1440) return `at this time on ${weekdayName(from)}s`;
  if (minutes === 1440) return `on ${weekdayName(from)}s${byNow}`;
  return `for such a period${byNow}`;
}
