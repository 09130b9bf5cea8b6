import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { EventRecord, StoryAnswer } from '../../src/http/routes/dashboard-schemas.js';
import { beyond, delay, instant, number } from '../../src/reading/format.js';
import { millisecondsOf } from '../../src/reading/time.js';
import { Refusal } from '../data/api.js';
import { followStory } from '../data/story.js';
import { Link } from '../parts/link.js';
import { go, state } from '../state.js';

/** The field for a uuid, and what became of that contact. */
export function Search() {
  const { uuid } = state.value;
  return (
    <search class="search">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const text = String(new FormData(event.currentTarget).get('uuid')).trim();
          go({ uuid: text === '' ? undefined : text });
        }}
      >
        <label>
          <span class="hidden">Uuid of a contact</span>
          <input
            class="button"
            type="search"
            name="uuid"
            key={uuid ?? ''}
            defaultValue={uuid ?? ''}
            placeholder="Uuid of a contact"
            autocomplete="off"
            spellcheck={false}
          />
        </label>
        <button type="submit" class="button">
          Find
        </button>
      </form>
      {uuid !== undefined && <Story key={uuid} uuid={uuid} />}
    </search>
  );
}

/** How long what stands above may take until it is there, and has its height. */
const SETTLED_MILLISECONDS = 5000;

/**
 * A link may lead to it, and on a narrow screen it stands far below what comes later. Ends with the first thing
 * that the reader does.
 */
function keepInView(element: HTMLElement): () => void {
  const until = new AbortController();
  const watching = new ResizeObserver(() => element.scrollIntoView({ block: 'nearest' }));
  watching.observe(document.body);
  const end = () => {
    watching.disconnect();
    until.abort();
  };
  for (const action of ['wheel', 'touchmove', 'pointerdown', 'keydown']) {
    addEventListener(action, end, { signal: until.signal, passive: true });
  }
  setTimeout(end, SETTLED_MILLISECONDS);
  return end;
}

function Story({ uuid }: { uuid: string }) {
  const { zone } = state.value;
  const story = useSignal<StoryAnswer | Refusal | undefined>(undefined);
  useEffect(
    () =>
      followStory(uuid, (answer) => {
        // What was told once stands until it is told anew.
        const isLate = answer instanceof Refusal && answer.isPassing && story.peek() !== undefined;
        if (!isLate || story.peek() instanceof Refusal) story.value = answer;
      }),
    [uuid, story],
  );
  const found = story.value;
  const element = useRef<HTMLDivElement>(null);
  const isFound = found !== undefined;
  useEffect(() => (isFound ? keepInView(element.current!) : undefined), [isFound]);
  return (
    <div class="story" aria-live="polite" ref={element}>
      <header>
        <h3>A contact's story</h3>
        <Link class="button small" to={{ uuid: undefined }}>
          Close
        </Link>
      </header>
      {found === undefined && <p class="note">Looking it up…</p>}
      {found instanceof Refusal && (
        <p class="note">
          <b>{found.title}.</b> {beyond(found.title, found.message)}
        </p>
      )}
      {found !== undefined && !(found instanceof Refusal) && <Told story={found} zone={zone} />}
    </div>
  );
}

function Told({
  story: { uuid, events, leftOut, removedBefore },
  zone,
}: {
  story: StoryAnswer;
  zone: string;
}) {
  const first = millisecondsOf(events[0]!.date);
  return (
    <>
      <p class="uuid">{uuid}</p>
      <ol>
        {events.map((event, index) => (
          <li key={index} class={event.replay ? 'dimmed' : ''}>
            <b>{sentence(event)}</b>
            <span class="moment">
              {instant(event.date, zone)}
              {index > 0 && `, ${delay(millisecondsOf(event.date) - first)} after the first`}
            </span>
          </li>
        ))}
      </ol>
      {leftOut > 0 && <p class="note">And {number(leftOut)} more.</p>}
      {!events.some(({ url }) => url === 'initial') && (
        <p class="note">
          {removedBefore === null
            ? 'Its initial has not come: it counts for no symbol until then.'
            : `Its initial has not come, or is among the raw events from before ${instant(removedBefore, zone)}, which were removed.`}
        </p>
      )}
    </>
  );
}

function sentence({ url, symbol, is_vowel, replay }: EventRecord): string {
  const again = replay ? ', again: ignored' : '';
  if (url === 'followup') return `Went on with a followup${again}`;
  return `Asked about ${symbol}, was answered ${is_vowel === true ? 'True' : 'False'}${again}`;
}
