import { useSignal } from '@preact/signals';
import { isLoading, numbers, refusal } from './data/data.js';
import { isStale } from './live/live.js';
import { KeyList } from './menus/keys.js';
import { Cards } from './panels/cards.js';
import { Events } from './panels/events.js';
import { Guesses } from './panels/guesses.js';
import { Sentence } from './panels/sentence.js';
import { Series } from './panels/series.js';
import { Symbols } from './panels/symbols.js';
import { Week } from './panels/week.js';
import { Bar } from './parts/bar.js';
import { Head } from './parts/head.js';
import { later } from './parts/later.js';
import { Emptiness, Failure, Skeleton, StaleNotice, UnreadableNotice } from './parts/notices.js';
import { state } from './state.js';

/** The whole page. */
export function App() {
  const shown = numbers.value;
  const problem = refusal.value;
  const isRefused = problem !== undefined && !problem.isPassing;
  const isFailed = isRefused || (problem !== undefined && shown === undefined);
  if (state.value.embed) return <Embedded isFailed={isFailed} />;
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
        <About />
      </footer>
      <KeyList />
    </>
  );
}

/** What is for whoever operates the server, or asks it by programs. */
function About() {
  const isOpen = useSignal(false);
  return (
    <div class="about">
      <p class="menu-row">
        <a href="/openapi.json">API</a>
        <a href="/docs/contract.md">Contract</a>
        <a href="/docs/operations.md">Operations</a>
      </p>
      {state.value.share === undefined && (
        <details
          onToggle={({ currentTarget }) => {
            isOpen.value = currentTarget.open;
          }}
        >
          <summary>About this server</summary>
          {isOpen.value && <AboutServer />}
        </details>
      )}
    </div>
  );
}

const AboutServer = later(async () => (await import('./menus/about.js')).About);

/** The chart alone, for a wall or another page. */
function Embedded({ isFailed }: { isFailed: boolean }) {
  const shown = numbers.value;
  return (
    <>
      <StaleNotice hasNumbers={shown !== undefined} />
      <main class={`embed ${isStale.value ? 'is-stale' : ''}`} aria-busy={isLoading.value}>
        <h1 class="hidden">Tallyboard</h1>
        {isFailed ? (
          <Failure />
        ) : shown === undefined ? (
          <Skeleton />
        ) : (
          <>
            <Sentence shown={shown} />
            <Series shown={shown} />
          </>
        )}
      </main>
    </>
  );
}

function Body() {
  const shown = numbers.value;
  if (shown === undefined) return <Skeleton />;
  const isEmpty = shown.summary.contacts === 0;
  // Where there was something before, the tables say what is gone.
  const hasNumbers = !isEmpty || (shown.before?.contacts ?? 0) > 0;
  // A shared link tells of no single contact.
  const events = state.value.share === undefined && <Events />;
  return (
    <>
      <Sentence shown={shown} />
      <Cards shown={shown} />
      {isEmpty && <Emptiness shown={shown} />}
      {hasNumbers && <Series shown={shown} />}
      {hasNumbers ? (
        <div class="columns">
          <div class="side">
            <Symbols shown={shown} />
            <Week shown={shown} />
          </div>
          <div class="side">
            <Guesses shown={shown} />
            {events}
          </div>
        </div>
      ) : (
        events
      )}
    </>
  );
}
