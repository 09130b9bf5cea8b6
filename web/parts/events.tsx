import type { EventRecord } from '../../src/http/dashboard-schemas.js';
import { date, number, timeOfDay } from '../format.js';
import { events, isPaused, missed, setPaused } from '../live.js';
import { state } from '../state.js';
import { millisecondsOf, wallOf } from '../time.js';
import { Link } from './link.js';
import { Scroll } from './scroll.js';
import { Search } from './story.js';

/** The newest raw events, as they come, and the way to a single contact. */
export function Events() {
  const { symbol, zone } = state.value;
  const kept = events.value.filter((event) => symbol === undefined || event.symbol === symbol);
  return (
    <section class="panel events" aria-labelledby="events-title">
      <header class="panel-head">
        <h2 id="events-title">Newest events</h2>
        <button
          type="button"
          class="button small"
          aria-pressed={isPaused.value}
          onClick={() => setPaused(!isPaused.value)}
        >
          {isPaused.value ? 'Go on' : 'Pause'}
        </button>
      </header>
      <Search />
      {kept.length === 0 ? <p class="note">{emptyText(symbol)}</p> : <List kept={kept} zone={zone} />}
      {symbol !== undefined && kept.length > 0 && (
        <p class="note">The initials of {symbol} among the last 50 events. Followups carry no symbol.</p>
      )}
      {missed.value > 0 && (
        <p class="note">
          {number(missed.value)} more came faster than they can be listed since this page was opened. All are
          counted.
        </p>
      )}
    </section>
  );
}

/** Rows of raw events; `zone` is that of the clocks shown. */
export function EventRows({ kept, zone }: { kept: readonly EventRecord[]; zone: string }) {
  return (
    <>
      {kept.map((event, index) => (
        <tr key={`${kept.length - index} ${event.uuid}`} class={event.replay ? 'dimmed' : ''}>
          <td class="moment" title={`${event.date} UTC`}>
            {timeOfDay(event.date, zone)} <small>{date(wallOf(millisecondsOf(event.date), zone))}</small>
          </td>
          <td>
            {event.url}
            {event.replay && <span class="tag">replay</span>}
          </td>
          <td>{event.symbol !== null && <span class="symbol">{event.symbol}</span>}</td>
          <td>{event.is_vowel === null ? '' : event.is_vowel ? 'True' : 'False'}</td>
          <td class="uuid">
            <Link to={{ uuid: event.uuid }} title={event.uuid} aria-label={`Story of ${event.uuid}`}>
              {event.uuid.slice(0, 8)}…
            </Link>
          </td>
        </tr>
      ))}
    </>
  );
}

/** The names of the columns of `EventRows`. */
export function EventHead() {
  return (
    <thead>
      <tr>
        <th scope="col">Time</th>
        <th scope="col">Event</th>
        <th scope="col">Symbol</th>
        <th scope="col">Said</th>
        <th scope="col">Contact</th>
      </tr>
    </thead>
  );
}

function List({ kept, zone }: { kept: readonly EventRecord[]; zone: string }) {
  return (
    <Scroll size="tall" label="The last 50 events">
      <table>
        <EventHead />
        <tbody>
          <EventRows kept={kept} zone={zone} />
        </tbody>
      </table>
    </Scroll>
  );
}

function emptyText(symbol: string | undefined): string {
  return symbol === undefined
    ? 'None yet. Each event is here within half a second after it came.'
    : `None of the last 50 events is an initial of ${symbol}.`;
}
