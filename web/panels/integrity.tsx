import type { IntegrityAnswer } from '../../src/http/routes/dashboard-schemas.js';
import { counted, distance, instant, momentOf, number } from '../../src/reading/format.js';
import { millisecondsOf } from '../../src/reading/time.js';
import { line, totals } from '../live/live.js';
import { state } from '../state.js';
import { now } from '../time/clock.js';

/** What speaks for the numbers, of the store as a whole. */
export function Integrity({ integrity }: { integrity: IntegrityAnswer }) {
  const { replaysSinceStart } = integrity;
  // The server tells it whatever the range, of which nothing may be asked any more.
  const { replays, unmatched } = (line.value === 'open' && totals.value) || integrity;
  return (
    <div class="card integrity">
      <h2>
        Integrity <span class="scope">of the whole store</span>
      </h2>
      <dl>
        <div>
          <dt>Replays ignored</dt>
          <dd>{replays === null ? `${number(replaysSinceStart)} since the start` : number(replays)}</dd>
        </div>
        <div>
          <dt>Followups unmatched</dt>
          <dd>{number(unmatched)}</dd>
        </div>
        <div>
          <dt>Last verify</dt>
          <dd>
            <Verification integrity={integrity} />
          </dd>
        </div>
      </dl>
    </div>
  );
}

function Verification({ integrity }: { integrity: IntegrityAnswer }) {
  const { verification, keepsVerification, verificationUnreadable } = integrity;
  if (verificationUnreadable) {
    return (
      <b class="bad" title="The log of the server says why">
        cannot be read
      </b>
    );
  }
  if (verification === null) {
    return keepsVerification ? (
      <span title="Run tallyboard verify: it folds the raw events and compares every tally">never run</span>
    ) : (
      <span>not remembered by this store</span>
    );
  }
  const { at, events, differences, since } = verification;
  const { zone } = state.value;
  const when = `${instant(at, zone)}, ${counted(events, 'event')} folded`;
  return (
    <span title={when}>
      <b class={differences === 0 ? 'good' : 'bad'}>
        {differences === 0 ? 'all agreed' : counted(differences, 'difference')}
      </b>
      , {distance(now.value - millisecondsOf(at))}
      {since !== null && (
        <span title="Raw events from before were removed: what is known of their contacts was taken for them">
          , with proof since {momentOf(since, zone)}
        </span>
      )}
    </span>
  );
}
