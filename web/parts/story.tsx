import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { EventRecord, StoryAnswer } from '../../src/http/dashboard-schemas.js';
import { askStory, Refusal } from '../api.js';
import { delay, instant, number } from '../format.js';
import { totals } from '../live.js';
import { go, state } from '../state.js';
import { millisecondsOf } from '../time.js';
import { Link } from './link.js';

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

function Story({ uuid }: { uuid: string }) {
  const { zone } = state.value;
  const total = totals.value;
  const story = useSignal<StoryAnswer | Refusal | undefined>(undefined);
  // Asked again whenever something is new: it may belong to this contact.
  useEffect(() => {
    const controller = new AbortController();
    askStory(uuid, controller.signal).then(
      (answer) => {
        story.value = answer;
      },
      (error: unknown) => {
        if (error instanceof Refusal) story.value = error;
        else if (!controller.signal.aborted) throw error;
      },
    );
    return () => controller.abort();
  }, [uuid, total, story]);
  const found = story.value;
  return (
    <div class="story" aria-live="polite">
      <header>
        <h3>A contact's story</h3>
        <Link class="button small" to={{ uuid: undefined }}>
          Close
        </Link>
      </header>
      {found === undefined && <p class="note">Looking it up…</p>}
      {found instanceof Refusal && (
        <p class="note">
          <b>{found.title}.</b> {found.message}
        </p>
      )}
      {found !== undefined && !(found instanceof Refusal) && <Told story={found} zone={zone} />}
    </div>
  );
}

function Told({ story: { uuid, events, leftOut }, zone }: { story: StoryAnswer; zone: string }) {
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
        <p class="note">Its initial has not come: it counts for no symbol until then.</p>
      )}
    </>
  );
}

function sentence({ url, symbol, is_vowel, replay }: EventRecord): string {
  const again = replay ? ', again: ignored' : '';
  if (url === 'followup') return `Went on with a followup${again}`;
  return `Asked about ${symbol}, was answered ${is_vowel === true ? 'True' : 'False'}${again}`;
}
