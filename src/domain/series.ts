/** The lengths of the buckets that a range can be cut into, the finest first. */
export const SERIES_STEPS = ['minute', 'hour', 'day', 'week', 'month'] as const;
export type SeriesStep = (typeof SERIES_STEPS)[number];
