import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { counted, percent, span, WEEKDAYS } from '../../src/reading/format.js';
import { customBetween } from '../../src/reading/ranges.js';
import { RATE_CONTACTS_MIN, rateOf } from '../../src/reading/statistics.js';
import type { Numbers } from '../data/data.js';
import { askWeek, type HourOfWeek, weekOf, weekRange } from '../data/week.js';
import { CopyMenu } from '../menus/copy-menu.js';
import { minute } from '../time/clock.js';
import { Scroll } from './scroll.js';

/** The numbers of the page come first. */
const WAIT_MILLISECONDS = 200;
/** How often the hours of a range that goes on are asked for. */
const REST_MILLISECONDS = 300_000;

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** Which hours of the week are busy, or have contacts that go on: weekday by hour. */
export function Week({ shown }: { shown: Numbers }) {
  const { view, symbol, series } = shown;
  const { zone } = view;
  const range = weekRange(view, Math.floor(minute.value / REST_MILLISECONDS) * REST_MILLISECONDS);
  const found = useSignal<{ readonly of: string; readonly week: HourOfWeek[][] } | undefined>(undefined);
  const isOfRates = useSignal(false);
  // Without sums over time each hour would be a reading of all events.
  const isShown = range !== undefined && series.source === 'rollups';
  const [from, to] = range ?? [0, 0];
  const present = JSON.stringify([from, to, zone, symbol]);
  useEffect(() => {
    if (!isShown) return undefined;
    const controller = new AbortController();
    const timer = setTimeout(async () => {
      const buckets = await askWeek([from, to], { zone, symbol }, controller.signal);
      if (controller.signal.aborted) return;
      found.value = buckets && { of: present, week: weekOf(buckets, zone, minute.peek()) };
    }, WAIT_MILLISECONDS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [isShown, from, to, zone, symbol, present, found]);
  if (!isShown || found.value === undefined) return null;
  const isOther = found.value.of !== present;
  const { from: lower, to: upper } = customBetween(from, to, zone);
  return (
    <section
      class={`panel week ${isOther ? 'is-loading' : ''}`}
      aria-labelledby="week-title"
      aria-busy={isOther}
    >
      <header class="panel-head">
        <h2 id="week-title">Hours of the week</h2>
        <p class="choice">
          {[false, true].map((ofRates) => (
            <button
              key={String(ofRates)}
              type="button"
              class="button small"
              aria-pressed={isOfRates.value === ofRates}
              onClick={() => {
                isOfRates.value = ofRates;
              }}
            >
              {ofRates ? 'Rate' : 'Contacts'}
            </button>
          ))}
        </p>
        <CopyMenu panel="week" shown={shown} />
      </header>
      <HeatMap week={found.value.week} isOfRates={isOfRates.value} />
      <p class="note">
        {isOfRates.value ? 'Followup rate' : 'Contacts an hour, on average'}, {span({ lower, upper, zone })},
        as far as the hours are over.
      </p>
    </section>
  );
}

function HeatMap({ week, isOfRates }: { week: HourOfWeek[][]; isOfRates: boolean }) {
  const shownOf = ({ contacts, followups, hours }: HourOfWeek) => {
    if (!isOfRates) return hours === 0 ? undefined : contacts / hours;
    return contacts < RATE_CONTACTS_MIN ? undefined : followups / contacts;
  };
  const most = Math.max(Number.MIN_VALUE, ...week.flat().map((cell) => shownOf(cell) ?? 0));
  return (
    <Scroll label="Weekdays by hours">
      <table>
        <thead>
          <tr>
            <td />
            {HOURS.map((hour) => (
              <th key={hour} scope="col">
                {hour}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {week.map((hours, day) => (
            <tr key={day}>
              <th scope="row">{WEEKDAYS[day]}</th>
              {hours.map((cell, hour) => {
                const value = shownOf(cell);
                return (
                  <td
                    key={hour}
                    class={value === undefined ? 'none' : ''}
                    style={{ '--share': `${Math.round((100 * (value ?? 0)) / most)}%` }}
                    title={`${WEEKDAYS[day]} ${hour}:00–${hour + 1}:00: ${textOf(cell)}`}
                  >
                    <span class="hidden">{textOf(cell)}</span>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function textOf({ contacts, followups, hours }: HourOfWeek): string {
  if (hours === 0) return 'no such hour is over yet';
  const rate = contacts < RATE_CONTACTS_MIN ? undefined : rateOf(followups, contacts);
  const average = (contacts / hours).toFixed(contacts / hours < 10 ? 1 : 0);
  return `${average} an hour (${counted(contacts, 'contact')} in ${counted(hours, 'hour')})${rate ? `, ${percent(rate.value)} went on` : ''}`;
}
