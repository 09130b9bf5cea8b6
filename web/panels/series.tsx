import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Counts } from '../../src/http/routes/dashboard-schemas.js';
import { capital, counted, interval, number, percent, span } from '../../src/reading/format.js';
import { stepsOfView } from '../../src/reading/ranges.js';
import { RATE_CONTACTS_MIN, rateOf } from '../../src/reading/statistics.js';
import { nameOf, notesOf, rangeOf, runningOf } from '../data/buckets.js';
import { chartDataOf } from '../data/chart.js';
import { type Numbers, numbers } from '../data/data.js';
import { type Place, SeriesChart } from '../looks/chart.js';
import { colours } from '../looks/theme.js';
import { CopyMenu } from '../menus/copy-menu.js';
import { Menu } from '../menus/menu.js';
import { later } from '../parts/later.js';
import { go, state } from '../state.js';
import { SeriesTable } from './series-table.js';

const Notes = later(async () => (await import('./notes.js')).Notes);
const NoteForm = later(async () => (await import('./notes.js')).NoteForm);

/** The contacts and the followup rate over time, with the period before. */
export function Series({ shown }: { shown: Numbers }) {
  const { series, before, view } = shown;
  const isTableOpen = useSignal(false);
  return (
    <section class="panel series" aria-labelledby="series-title">
      <header class="panel-head">
        <h2 id="series-title">Contacts by {series.every}</h2>
        <ul class="legend">
          <li>
            <i class="swatch of-bar" /> Contacts
          </li>
          {runningOf(shown) !== undefined && (
            <li>
              <i class="swatch of-running" /> Not over yet
            </li>
          )}
          {before && (
            <li>
              <i class="swatch of-ghost" /> Period before
            </li>
          )}
          <li>
            <i class="swatch of-line" /> Followup rate, 95 % interval
            {series.buckets.some(isTooFew) && <>; none of fewer than {RATE_CONTACTS_MIN} contacts</>}
          </li>
        </ul>
        <div class="tools">
          <p class="hint">Drag to zoom{isBar(shown) && ', click to go in'}</p>
          {/* Without sums over time many buckets would be many readings of all events. */}
          {view.every !== 'fit' && series.source === 'rollups' && <Interval shown={shown} />}
          {shown.keepsNotes && state.value.share === undefined && (
            <Menu label="Add a note" name="note" size="small">
              {(close, isOpen) => isOpen && <NoteForm shown={shown} close={close} />}
            </Menu>
          )}
          <CopyMenu panel="series" shown={shown} />
        </div>
      </header>
      <Chart shown={shown} />
      {shown.notes.length > 0 && <Notes shown={shown} />}
      {series.source === 'scans' && (
        <p class="note">This store keeps no sums over time: each bucket was counted from the raw events.</p>
      )}
      <details
        class="as-table"
        onToggle={({ currentTarget }) => {
          isTableOpen.value = currentTarget.open;
        }}
      >
        <summary>
          The same as a table of {counted(series.buckets.length, 'row')}, {span(view)}
        </summary>
        {isTableOpen.value && <SeriesTable shown={shown} />}
      </details>
    </section>
  );
}

/** Whether a bucket leaves a gap in the line of rates. */
function isTooFew({ contacts }: Counts): boolean {
  return contacts > 0 && contacts < RATE_CONTACTS_MIN;
}

/** Whether a bar has something within: a minute has not, and a lone bar is the range itself. */
function isBar({ series: { every, buckets } }: Numbers): boolean {
  return every !== 'minute' && buckets.length > 1;
}

/** How the chart is cut. */
function Interval({ shown: { view, series } }: { shown: Numbers }) {
  const { every } = state.value;
  const steps = stepsOfView(view);
  if (steps.length < 2) return null;
  const chosen = every === series.every ? every : '';
  return (
    <label class="interval">
      <span class="hidden">Interval</span>
      <select
        class="button small"
        value={chosen}
        onChange={({ currentTarget: { value } }) => go({ every: steps.find((step) => step === value) })}
      >
        <option value="" selected={chosen === ''}>
          Auto
        </option>
        {steps.map((step) => (
          <option key={step} value={step} selected={step === chosen}>
            {capital(step)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Chart({ shown }: { shown: Numbers }) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<SeriesChart>(undefined);
  const place = useSignal<Place | null>(null);

  useEffect(() => {
    chart.current = new SeriesChart(element.current!, {
      onPoint(next) {
        place.value = next;
      },
      onOpen(index) {
        const { series } = numbers.value!;
        const bucket = series.buckets[index]!;
        if (isBar(numbers.value!)) go({ range: rangeOf(bucket, bucket) });
      },
      onZoom(first, last) {
        const { buckets } = numbers.value!.series;
        go({ range: rangeOf(buckets[first]!, buckets[last]!) });
      },
    });
    return () => chart.current?.destroy();
  }, [place]);

  const { value: paint } = colours;
  const drawn = useRef<{ paint: number; first: string | undefined }>(undefined);
  useEffect(() => {
    const first = shown.series.buckets[0]?.start;
    const data = chartDataOf(shown);
    // Drawn again with other colours, which the library takes once, and where it is of another time.
    if (drawn.current?.paint === paint && drawn.current.first === first) {
      chart.current?.show(data);
    } else {
      chart.current?.draw(data);
      place.value = null;
    }
    drawn.current = { paint, first };
  }, [shown, paint, place]);

  const at = place.value;
  return (
    // The table below says the same to those who cannot see it.
    <div class="chart" aria-hidden="true">
      <div class="plot" ref={element} />
      {at !== null && (
        <>
          <i
            class="lit"
            style={{
              left: `${at.left}px`,
              top: `${at.top}px`,
              width: `${at.width}px`,
              height: `${at.height}px`,
            }}
          />
          <Reading shown={shown} place={at} room={element.current!.clientWidth} />
        </>
      )}
    </div>
  );
}

/** What the bucket under the pointer is; beside its bar, on the side where there is room. */
function Reading({ shown, place, room }: { shown: Numbers; place: Place; room: number }) {
  const { series, before, view } = shown;
  const { index, left, width } = place;
  const bucket = series.buckets[index];
  const ghost = before?.buckets[index];
  if (bucket === undefined) return null;
  const { zone } = view;
  const isLeft = left + width / 2 < room / 2;
  const side = isLeft ? { '--left': `${left + width + 10}px` } : { '--right': `${room - left + 10}px` };
  const rate = rateOf(bucket.followups, bucket.contacts);
  const isRunning = index === runningOf(shown);
  return (
    <dl class="reading" style={side}>
      <div class="reading-title">
        {nameOf(bucket, series.every, zone)}
        {isRunning && ', so far'}
      </div>
      <div>
        <dt>Contacts</dt>
        <dd>{number(bucket.contacts)}</dd>
      </div>
      <div>
        <dt>Followups</dt>
        <dd>{number(bucket.followups)}</dd>
      </div>
      <div>
        <dt>Rate</dt>
        <dd>{rate ? `${percent(rate.value)} (${interval(rate)})` : 'none'}</dd>
      </div>
      {notesOf(shown, index).map(({ id, text }) => (
        <div key={id} class="note-text">
          {text}
        </div>
      ))}
      {ghost && (
        <div class="ghost-terms">
          <dt>
            {nameOf(ghost, series.every, zone)}
            {isRunning && ', same time span'}
          </dt>
          <dd>{number(ghost.contacts)}</dd>
        </div>
      )}
    </dl>
  );
}
