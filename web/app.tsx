import { isLoading, numbers, refusal } from './data/data.js';
import { isStale } from './live/live.js';
import { Bar } from './parts/bar.js';
import { Cards } from './parts/cards.js';
import { Events } from './parts/events.js';
import { Guesses } from './parts/guesses.js';
import { Head } from './parts/head.js';
import { KeyList } from './parts/keys.js';
import { Emptiness, Failure, Skeleton, StaleNotice, UnreadableNotice } from './parts/notices.js';
import { Sentence } from './parts/sentence.js';
import { Series } from './parts/series.js';
import { Symbols } from './parts/symbols.js';
import { Week } from './parts/week.js';

/** The whole page. */
export function App() {
  const shown = numbers.value;
  const problem = refusal.value;
  const isRefused = problem !== undefined && !problem.isPassing;
  const isFailed = isRefused || (problem !== undefined && shown === undefined);
  return (
    <>
      <Head />
      <Bar />
      <UnreadableNotice />
      <StaleNotice hasNumbers={shown !== undefined} />
      <main
        class={`${isStale.value ? 'is-stale' : ''} ${isLoading.value ? 'is-loading' : ''}`}
        aria-busy={isLoading.value}
      >
        {isFailed ? <Failure /> : <Body />}
      </main>
      <footer class="foot">
        <p>
          A range takes the contacts whose initial lies in it; followups count whenever they came. Repeated
          requests count once.{' '}
          <span class="of-keys">
            Press <kbd>?</kbd> for the keys.
          </span>
        </p>
      </footer>
      <KeyList />
    </>
  );
}

function Body() {
  const shown = numbers.value;
  if (shown === undefined) return <Skeleton />;
  const isEmpty = shown.summary.contacts === 0;
  return (
    <>
      {!isEmpty && <Sentence shown={shown} />}
      <Cards shown={shown} />
      {isEmpty && <Emptiness shown={shown} />}
      {(!isEmpty || (shown.before?.contacts ?? 0) > 0) && <Series shown={shown} />}
      <div class="columns">
        <div class="side">
          <Symbols shown={shown} />
          <Week shown={shown} />
        </div>
        <div class="side">
          <Guesses shown={shown} />
          <Events />
        </div>
      </div>
    </>
  );
}
