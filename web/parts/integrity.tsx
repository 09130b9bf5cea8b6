import type { IntegrityAnswer } from '../../src/http/routes/dashboard-schemas.js';
import { distance, instant, number } from '../looks/format.js';
import { state } from '../state.js';
import { now } from '../time/clock.js';
import { millisecondsOf } from '../time/time.js';

/** What speaks for the numbers, of the store as a whole. */
export function Integrity({ integrity }: { integrity: IntegrityAnswer }) {
  const { replays, replaysSinceStart, unmatched } = integrity;
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
  const { at, events, differences } = verification;
  const when = `${instant(at, state.value.zone)}, ${number(events)} events folded`;
  return (
    <span title={when}>
      <b class={differences === 0 ? 'good' : 'bad'}>
        {differences === 0 ? 'all agreed' : `${number(differences)} differences`}
      </b>
      , {distance(now.value - millisecondsOf(at))}
    </span>
  );
}
