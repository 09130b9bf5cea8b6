import type { FastifyReply, FastifyRequest } from 'fastify';
import { oneByOne } from '../../contract/breath.js';
import { TallyboardError } from '../../contract/errors.js';
import type { Limits } from './limits.js';
import type { Slots } from './slots.js';

/** Of many questions that come at once, each is read and answered when it is its turn. */
export function awaitTurn(_request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  const pause = oneByOne();
  if (pause === undefined) done();
  else void pause.then(done);
}

/** Takes a place for a reading of raw events; throws `READINGS_TOO_MANY` where none is free. */
export function takeReading(readings: Slots, { eventReadingsMax }: Limits): () => void {
  const release = readings.take();
  if (release !== undefined) return release;
  throw new TallyboardError(
    'READINGS_TOO_MANY',
    `${eventReadingsMax} readings of raw events are under way already: try again in a moment`,
  );
}

/** Takes a place for a series, once it is its turn; throws `READINGS_TOO_MANY` where too many wait. */
export function takeSeries(
  series: Slots,
  { seriesReadingsMax, seriesWaitingMax }: Limits,
): Promise<() => void> {
  const release = series.wait(seriesWaitingMax);
  if (release !== undefined) return release;
  throw new TallyboardError(
    'READINGS_TOO_MANY',
    `${seriesReadingsMax} series are being read, and ${seriesWaitingMax} wait for it already: try again in a moment`,
  );
}
