import type { SeriesBucket } from '../../src/http/routes/dashboard-schemas.js';
import { axisMark, axisNumbers } from '../../src/reading/format.js';
import { RATE_CONTACTS_MIN, rateOf } from '../../src/reading/statistics.js';
import { millisecondsOf, wallOf } from '../../src/reading/time.js';
import type { ChartData } from '../looks/chart-data.js';
import { marksOf } from '../time/marks.js';
import { notedOf, runningOf } from './buckets.js';
import type { Numbers } from './data.js';

/** What is drawn of the numbers. */
export function chartDataOf(shown: Numbers): ChartData {
  const { series, before, summary, view } = shown;
  const { buckets, every } = series;
  const { zone } = view;
  const end = millisecondsOf(summary.now);
  const walls = buckets.map(({ start }) => wallOf(millisecondsOf(start), zone));
  // What has not begun has no zero, but nothing.
  const hasBegun = (bucket: SeriesBucket) => millisecondsOf(bucket.start) <= end || bucket.contacts > 0;
  return {
    contacts: buckets.map((bucket) => (hasBegun(bucket) ? bucket.contacts : null)),
    running: runningOf(shown),
    rates: buckets.map(({ contacts, followups }) =>
      contacts < RATE_CONTACTS_MIN ? undefined : rateOf(followups, contacts),
    ),
    before: before?.buckets.map((bucket) => bucket?.contacts ?? null),
    noted: notedOf(shown),
    marked: (room) => marksOf(walls, every, room),
    mark: (index, previous) =>
      axisMark(walls[index]!, every, previous === undefined ? undefined : walls[previous]),
    print: axisNumbers,
  };
}
