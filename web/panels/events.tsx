import type { EventRecord } from '../../src/http/routes/dashboard-schemas.js';
import { date, number, timeOfDay } from '../../src/reading/format.js';
import { millisecondsOf, wallOf } from '../../src/reading/time.js';
import { events, isPaused, line, missed, setPaused } from '../live/live.js';
import { Link } from '../parts/link.js';
import { state } from '../state.js';
import { Scroll } from './scroll.js';
import { Search } from './story.js';

/** The raw events that were stored last, as they come, and the way to a single contact. */
export function Events() {
  const { symbol, zone } = state.value;
  const kept = events.value.filter((event) => symbol === undefined || event.symbol === symbol);
  return (
    <section class="panel events" aria-labelledby="events-title">
      <header class="panel-head">
        <h2 id="events-title">
          Last events <span class="scope">of the whole store</span>
        </h2>
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

function List({ kept, zone }: { kept: readonly EventRecord[]; zone: string }) {
  return (
    <Scroll size="tall" label="The last 50 events that were stored">
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Event</th>
            <th scope="col">Symbol</th>
            <th scope="col">Said</th>
            <th scope="col">Contact</th>
          </tr>
        </thead>
        <tbody>
          {kept.map((event) => (
            <Row key={`${event.date} ${event.uuid}`} event={event} zone={zone} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Row({ event: { uuid, symbol, is_vowel, url, date: at, replay }, zone }: RowProps) {
  return (
    <tr class={replay ? 'dimmed' : ''}>
      <td class="moment" title={`${at} UTC`}>
        {timeOfDay(at, zone)} <small>{date(wallOf(millisecondsOf(at), zone))}</small>
      </td>
      <td>
        {url}
        {replay && <span class="tag">replay</span>}
      </td>
      <td>{symbol !== null && <span class="symbol">{symbol}</span>}</td>
      <td>{is_vowel === null ? '' : is_vowel ? 'True' : 'False'}</td>
      <td class="uuid">
        <Link to={{ uuid }} title={uuid} aria-label={`Story of ${uuid}`}>
          {uuid.slice(0, 8)}…
        </Link>
      </td>
    </tr>
  );
}

interface RowProps {
  readonly event: EventRecord;
  readonly zone: string;
}

function emptyText(symbol: string | undefined): string {
  if (line.value === 'refused') return 'They come by a live connection, of which none is free.';
  return symbol === undefined
    ? 'None yet. Each event is here within half a second after it came.'
    : `None of the last 50 events is an initial of ${symbol}.`;
}
