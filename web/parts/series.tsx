import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { SeriesBucket } from '../../src/http/dashboard-schemas.js';
import { type ChartData, SeriesChart } from '../chart.js';
import { type Numbers, numbers } from '../data.js';
import { axisMark, bucketName, interval, number, percent, shortNumber, span } from '../format.js';
import { customBetween } from '../ranges.js';
import { go } from '../state.js';
import { rateOf } from '../statistics.js';
import { colours } from '../theme.js';
import { millisecondsOf, wallOf } from '../time.js';
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
        <summary>The same as a table, {span(view)}</summary>
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
        const { series, view } = numbers.value!;
        go({ range: rangeOf(series.buckets[first]!, series.buckets[last]!, view.zone) });
      },
    });
    return () => chart.current?.destroy();
  }, [place]);

  const { value: paint } = colours;
  // Drawn again with other colours: the library takes them once.
  useEffect(() => {
    chart.current?.draw(chartDataOf(shown));
    place.value = null;
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
  const ghost = before?.series.buckets[index];
  if (bucket === undefined && ghost === undefined) return null;
  const { zone } = view;
  // On the side where there is room.
  const side = left < width / 2 ? { left: `${left + 14}px` } : { right: `${width - left + 14}px` };
  return (
    <dl class="reading" style={side}>
      {bucket && <BucketTerms bucket={bucket} name={nameOf(bucket, series.every, zone)} />}
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
  const { series, view } = shown;
  const { zone } = view;
  return (
    <Scroll size="short" label="Contacts over time, as a table">
      <table>
        <thead>
          <tr>
            <th scope="col">Bucket</th>
            <th scope="col" class="figure">
              Contacts
            </th>
            <th scope="col" class="figure">
              Followups
            </th>
            <th scope="col" class="figure">
              Rate
            </th>
          </tr>
        </thead>
        <tbody>
          {series.buckets.map((bucket) => (
            <tr key={bucket.start}>
              <th scope="row">
                <Link to={{ range: rangeOf(bucket, bucket, zone) }}>
                  {nameOf(bucket, series.every, zone)}
                </Link>
              </th>
              <td class="figure">{number(bucket.contacts)}</td>
              <td class="figure">{number(bucket.followups)}</td>
              <td class="figure">{rateText(bucket)}</td>
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

function rangeOf(first: SeriesBucket, last: SeriesBucket, zone: string) {
  return customBetween(millisecondsOf(first.start), millisecondsOf(last.end), zone);
}

function nameOf(bucket: SeriesBucket, every: Numbers['series']['every'], zone: string): string {
  return bucketName(wallOf(millisecondsOf(bucket.start), zone), every);
}

function chartDataOf({ series, before, summary, view }: Numbers): ChartData {
  const { buckets, every } = series;
  const { zone } = view;
  const ghosts = before?.series.buckets;
  const end = millisecondsOf(summary.now);
  // What has not begun has no zero, but nothing.
  const hasBegun = (bucket: SeriesBucket) => millisecondsOf(bucket.start) <= end || bucket.contacts > 0;
  const starts = (ghosts !== undefined && ghosts.length > buckets.length ? ghosts : buckets).map(
    ({ start }, index) => buckets[index]?.start ?? start,
  );
  return {
    contacts: buckets.map((bucket) => (hasBegun(bucket) ? bucket.contacts : null)),
    rates: buckets.map(({ contacts, followups }) => (contacts === 0 ? null : (100 * followups) / contacts)),
    before: ghosts?.map(({ contacts }) => contacts),
    mark: (index, isFirst) => axisMark(wallOf(millisecondsOf(starts[index]!), zone), every, isFirst),
    print: shortNumber,
  };
}
