import { age, beyond, counted, instant, span, zoneName } from '../../src/reading/format.js';
import type { Numbers } from '../data/data.js';
import { isOther, numbers, numbersAt, refusal } from '../data/data.js';
import { isStale, line, newestAt, totals } from '../live/live.js';
import { refusedZone, state, unreadable } from '../state.js';
import { now } from '../time/clock.js';
import { Link } from './link.js';

/** Says that the numbers may be old, while they are; a place that a screen reader listens to. */
export function StaleNotice({ hasNumbers }: { hasNumbers: boolean }) {
  const problem = refusal.value;
  const since = now.value - numbersAt.value;
  return (
    <div role="status" class="status">
      {isStale.value && hasNumbers && (
        <p class="notice stale">
          <b>{problem === undefined || problem.status === 0 ? 'Connection lost.' : `${problem.title}.`}</b>{' '}
          These are the last numbers
          {/* Read out again each second otherwise. */}
          <span aria-hidden="true">, {age(since)} old</span>.{isOther.value && <OtherNumbers />} Trying again
          by itself.
        </p>
      )}
      {line.value === 'refused' && state.value.share === undefined && !isStale.value && hasNumbers && (
        <p class="notice">
          <b>No live connection is free.</b> The server lends its last one to another page. The numbers are
          asked for every few seconds instead; the last events stand still.
        </p>
      )}
    </div>
  );
}

/** Says what of a link or a choice was left out, because the page or the server cannot read it. */
export function UnreadableNotice() {
  const texts = unreadable.value;
  return (
    <div role="status" class="status">
      {texts.length > 0 && (
        <p class="notice">
          <b>This link cannot be read as a whole.</b> The page is shown without{' '}
          <code>{texts.join(', ')}</code>.
        </p>
      )}
      {refusedZone.value !== undefined && (
        <p class="notice">
          <b>The server does not know the time zone {zoneName(refusedZone.value)}.</b> The page is shown in
          UTC.
        </p>
      )}
    </div>
  );
}

/** What the numbers are of, while what was chosen since has not come. */
function OtherNumbers() {
  const { view, symbol } = numbers.value!;
  return (
    <>
      {' '}
      What you chose has not come yet: they are of {span(view)}, {view.zone},{' '}
      {symbol === undefined ? 'all symbols' : `the symbol ${symbol} alone`}.
    </>
  );
}

/** Stands in place of all numbers where the first question was refused. */
export function Failure() {
  const problem = refusal.value!;
  return (
    <section class="panel failure" role="alert">
      <h2>{problem.title}</h2>
      <p>{beyond(problem.title, problem.message)}</p>
      {problem.isPassing ? (
        <p class="note">The page tries again by itself.</p>
      ) : (
        <p>
          <Link class="button" to={{ range: '7d', zone: 'UTC', symbol: undefined }}>
            Show the last 7 days in UTC
          </Link>
        </p>
      )}
    </section>
  );
}

/** Says why there is nothing, and what would be something. */
export function Emptiness({ shown }: { shown: Numbers }) {
  const newest = newestAt.value ?? shown.summary.newestAt;
  if (newest === null) return <FirstSteps />;
  const { symbol } = shown;
  return (
    <section class="panel empty">
      <h2>No contacts {symbol === undefined ? '' : `with ${symbol} `}in this range</h2>
      <p>
        The newest event is of {instant(newest, shown.view.zone)}
        {totals.value && `; ${counted(totals.value.contacts, 'contact')} in all`}.
      </p>
      <p class="menu-row">
        <Link class="button primary" to={{ range: 'all' }}>
          Show all
        </Link>
        {symbol !== undefined && (
          <Link class="button" to={{ symbol: undefined }}>
            Show all symbols
          </Link>
        )}
      </p>
    </section>
  );
}

function FirstSteps() {
  return (
    <section class="panel empty">
      <h2>No contacts yet</h2>
      <p>The page fills as soon as the first client asks. To be that client:</p>
      <pre>
        <code>{`curl -X POST '${location.origin}/initial?uuid=${EXAMPLE}&symbol=e'`}</code>
      </pre>
    </section>
  );
}

/** Over plain HTTP from afar a browser lends no randomness. */
const EXAMPLE = globalThis.crypto?.randomUUID?.() ?? '6f1c2a52-9a3e-4b7e-8c55-0d1f6a7b9c10';

/** What stands where numbers will be. */
export function Skeleton() {
  return (
    <div class="skeleton" aria-hidden="true">
      <div class="panel cards">
        {[1, 2, 3, 4, 5].map((card) => (
          <div class="card" key={card}>
            <i class="bone short" />
            <i class="bone large" />
            <i class="bone" />
          </div>
        ))}
      </div>
      <div class="panel">
        <i class="bone plot" />
      </div>
    </div>
  );
}
