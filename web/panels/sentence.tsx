import { sentenceOf } from '../../src/reading/sentence.js';
import { millisecondsOf } from '../../src/reading/time.js';
import type { Numbers } from '../data/data.js';
import { line, oldestAt } from '../live/live.js';
import { state } from '../state.js';

/** What the range was, in a sentence; of none where it says no more than that there is nothing. */
export function Sentence({ shown }: { shown: Numbers }) {
  const { view, summary, usual, symbol } = shown;
  // Before the first message it is not known from when on there is anything.
  const isKnown = oldestAt.value !== null || line.value === 'refused';
  const parts = sentenceOf({
    range: state.value.range,
    ...{ view, symbol, usual, counts: summary },
    oldestAt: isKnown ? oldestAt.value : undefined,
    now: millisecondsOf(summary.now),
  });
  if (summary.contacts === 0 && parts.every(({ test }) => test === undefined)) return null;
  return (
    <p class="sentence">
      {parts.map(({ text, look, test }, place) =>
        look !== undefined ? (
          <b key={place} class={look === 'number' ? '' : look} title={test}>
            {text}
          </b>
        ) : test === undefined ? (
          text
        ) : (
          <span key={place} title={test}>
            {text}
          </span>
        ),
      )}
    </p>
  );
}
