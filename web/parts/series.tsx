import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { SeriesBucket } from '../../src/http/routes/dashboard-schemas.js';
import { type Numbers, numbers } from '../data/data.js';
import { rateOf } from '../data/statistics.js';
import { type ChartData, SeriesChart } from '../looks/chart.js';
import {
  axisMark,
  bucketName,
  capital,
  counted,
  interval,
  number,
  offsetName,
  percent,
  shortNumber,
  span,
} from '../looks/format.js';
import { colours } from '../looks/theme.js';
import { go, state } from '../state.js';
import { marksOf } from '../time/marks.js';
import { customBetween } from '../time/ranges.js';
import { isTwice, millisecondsOf, wallOf } from '../time/time.js';
import { Link } from './link.js';
import { Scroll } from './scroll.js';

/** The contacts and the followup rate over time, with the period before behind them. */
export function Series({ shown }: { shown: Numbers }) {
  const { series, before, view } = shown;
  const isOpen = useSignal(false);
  return (
    <section class="panel series" aria-labelledby="series-title">
      <header class="panel-head">
        <h2 id="series-title">Contacts by {series.every}</h2>
        <ul class="legend">
          <li>
            <i class="swatch of-bar" /> Contacts
          </li>
          <li>
            <i class="swatch of-line" /> Followup rate
          </li>
          {before && (
            <li>
              <i class="swatch of-ghost" /> Contacts of the period before
            </li>
          )}
        </ul>
        <p class="hint">Drag over the chart to zoom in</p>
      </header>
      <Chart shown={shown} />
      {series.source === 'scans' && (
        <p class="note">This store keeps no sums over time: each bucket was counted from the raw events.</p>
      )}
      <details
        class="as-table"
        onToggle={({ currentTarget }) => {
          isOpen.value = currentTarget.open;
        }}
      >
        <summary>
          The same as a table of {counted(series.buckets.length, 'row')}, {span(view)}
        </summary>
        {isOpen.value && <SeriesTable shown={shown} />}
      </details>
    </section>
  );
}

function Chart({ shown }: { shown: Numbers }) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<SeriesChart>(undefined);
  const place = useSignal<{ index: number; left: number } | null>(null);

  useEffect(() => {
    chart.current = new SeriesChart(element.current!, {
      onPoint(next) {
        place.value = next;
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
      {at !== null && <Reading shown={shown} {...at} width={element.current!.clientWidth} />}
    </div>
  );
}

/** What the bucket under the pointer is. */
function Reading({
  shown,
  index,
  left,
  width,
}: {
  shown: Numbers;
  index: number;
  left: number;
  width: number;
}) {
  const { series, before, view } = shown;
  const bucket = series.buckets[index];
  const ghost = before?.buckets[index];
  if (bucket === undefined) return null;
  const { zone } = view;
  // On the side where there is room.
  const side = left < width / 2 ? { left: `${left + 14}px` } : { right: `${width - left + 14}px` };
  return (
    <dl class="reading" style={side}>
      <BucketTerms bucket={bucket} name={nameOf(bucket, series.every, zone)} />
      {ghost && (
        <div class="ghost-terms">
          <dt>{nameOf(ghost, series.every, zone)}</dt>
          <dd>{number(ghost.contacts)}</dd>
        </div>
      )}
    </dl>
  );
}

function BucketTerms({ bucket, name }: { bucket: SeriesBucket; name: string }) {
  const rate = rateOf(bucket.followups, bucket.contacts);
  return (
    <>
      <div class="reading-title">{name}</div>
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
        <dd>{rate ? `${percent(rate.value)} (${interval(rate)})` : '–'}</dd>
      </div>
    </>
  );
}

function SeriesTable({ shown }: { shown: Numbers }) {
  const { series, before, view } = shown;
  const { zone } = view;
  return (
    <Scroll size="short" label="Contacts over time, as a table">
      <table>
        <thead>
          <tr>
            <th scope="col">{capital(series.every)}</th>
            <th scope="col" class="figure">
              Contacts
            </th>
            <th scope="col" class="figure">
              Followups
            </th>
            <th scope="col" class="figure">
              Rate
            </th>
            {before && (
              <th scope="col" class="figure">
                Contacts before
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {series.buckets.map((bucket, index) => (
            <tr key={bucket.start}>
              <th scope="row">
                <Link to={{ range: rangeOf(bucket, bucket) }}>{nameOf(bucket, series.every, zone)}</Link>
              </th>
              <td class="figure">{number(bucket.contacts)}</td>
              <td class="figure">{number(bucket.followups)}</td>
              <td class="figure">{rateText(bucket)}</td>
              {before && <td class="figure">{contactsText(before.buckets[index])}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function rateText({ contacts, followups }: SeriesBucket): string {
  const rate = rateOf(followups, contacts);
  return rate === undefined ? '–' : percent(rate.value);
}

function contactsText(bucket: SeriesBucket | undefined): string {
  return bucket === undefined ? '–' : number(bucket.contacts);
}

/** By the zone that it will be read in: the one shown may still be another. */
function rangeOf(first: SeriesBucket, last: SeriesBucket) {
  return customBetween(millisecondsOf(first.start), millisecondsOf(last.end), state.value.zone);
}

function nameOf(bucket: SeriesBucket, every: Numbers['series']['every'], zone: string): string {
  const at = millisecondsOf(bucket.start);
  const name = bucketName(wallOf(at, zone), every);
  const isClear = (every !== 'minute' && every !== 'hour') || !isTwice(at, zone);
  return isClear ? name : `${name} (${offsetName(at, zone)})`;
}

function chartDataOf({ series, before, summary, view }: Numbers): ChartData {
  const { buckets, every } = series;
  const { zone } = view;
  const end = millisecondsOf(summary.now);
  const walls = buckets.map(({ start }) => wallOf(millisecondsOf(start), zone));
  // What has not begun has no zero, but nothing.
  const hasBegun = (bucket: SeriesBucket) => millisecondsOf(bucket.start) <= end || bucket.contacts > 0;
  return {
    contacts: buckets.map((bucket) => (hasBegun(bucket) ? bucket.contacts : null)),
    rates: buckets.map(({ contacts, followups }) => (contacts === 0 ? null : (100 * followups) / contacts)),
    before: before?.buckets.map((bucket) => bucket?.contacts ?? null),
    marked: (room) => marksOf(walls, every, room),
    mark: (index, previous) =>
      axisMark(walls[index]!, every, previous === undefined ? undefined : walls[previous]),
    print: shortNumber,
  };
}
