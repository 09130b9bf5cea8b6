import type { Counts, SeriesBucket } from '../../src/http/routes/dashboard-schemas.js';
import { capital, number, percent } from '../../src/reading/format.js';
import { rateOf } from '../../src/reading/statistics.js';
import { nameOf, rangeOf, runningOf } from '../data/buckets.js';
import type { Numbers } from '../data/data.js';
import { Link } from '../parts/link.js';
import { Scroll } from './scroll.js';

/** The series as a table, which says the same as the chart. */
export function SeriesTable({ shown }: { shown: Numbers }) {
  const { series, before, view } = shown;
  const { zone } = view;
  const running = runningOf(shown);
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
                {index === running && ' so far'}
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
  return rate === undefined ? '' : percent(rate.value);
}

function contactsText(bucket: Counts | undefined): string {
  return bucket === undefined ? '' : number(bucket.contacts);
}
