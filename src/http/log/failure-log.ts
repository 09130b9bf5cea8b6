import { describe, type TallyboardError } from '../../contract/errors.js';
import type { Log } from '../../contract/store.js';

/** A store in trouble refuses every request: one line a minute and code says as much as all of them. */
const REPEAT_SECONDS = 60;

/** Logs a request that was answered 5xx. */
export type FailureLog = (error: TallyboardError, request: { method: string; url: string }) => void;

/** Makes a log of failures that names how many like it were left out since the last line. */
export function createFailureLog(log: Log, now: () => number = () => performance.now()): FailureLog {
  const seen = new Map<string, { loggedAt: number; leftOut: number }>();
  return (error, { method, url }) => {
    const before = seen.get(error.code);
    const at = now();
    if (before !== undefined && at - before.loggedAt < REPEAT_SECONDS * 1000) {
      before.leftOut += 1;
      return;
    }
    seen.set(error.code, { loggedAt: at, leftOut: 0 });
    const fields = { code: error.code, method, url, leftOut: before?.leftOut ?? 0 };
    if (error.code === 'INTERNAL') {
      const cause = error.cause instanceof Error ? error.cause.stack : String(error.cause);
      log.error({ ...fields, stack: cause }, 'a mistake in the server: please report it');
    } else if (error.cause === undefined) {
      log.warn(fields, describe(error));
    } else {
      log.error(fields, describe(error));
    }
  };
}
