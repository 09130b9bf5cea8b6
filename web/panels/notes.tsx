import { useSignal } from '@preact/signals';
import { momentOf } from '../../src/reading/format.js';
import { ALWAYS } from '../../src/reading/ranges.js';
import { wallOf } from '../../src/reading/time.js';
import { ask, Refusal } from '../data/api.js';
import { askAgain, type Numbers } from '../data/data.js';
import { state } from '../state.js';
import { minute } from '../time/clock.js';

const TEXT_CHARACTERS_MAX = 200;

/** The notes of the range, each with the way to take it away where that may be done. */
export function Notes({ shown: { notes, view } }: { shown: Numbers }) {
  return (
    <ul class="notes" aria-label="Notes">
      {notes.map(({ id, at, text }) => (
        <li key={id}>
          <time class="moment">{momentOf(at, view.zone)}</time> <span>{text}</span>
          {state.value.share === undefined && (
            <button
              type="button"
              class="button small"
              aria-label={`Remove the note ${text}`}
              onClick={() => void write(`/dashboard/notes/${id}`, { method: 'DELETE' })}
            >
              Remove
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

/** The form for a note. */
export function NoteForm({ shown: { view }, close }: { shown: Numbers; close: () => void }) {
  const problem = useSignal<string | undefined>(undefined);
  const { zone } = view;
  return (
    <form
      onSubmit={async (event) => {
        event.preventDefault();
        const form = event.currentTarget;
        const fields = new FormData(form);
        const body = { at: String(fields.get('at')), text: String(fields.get('text')), tz: zone };
        problem.value = await write('/dashboard/notes', { method: 'POST', body });
        if (problem.value !== undefined) return;
        form.reset();
        close();
      }}
    >
      <label class="field">
        <span>Note</span>
        <input class="button" name="text" maxLength={TEXT_CHARACTERS_MAX} required />
      </label>
      <label class="field">
        <span>Of</span>
        <input
          class="button"
          type="datetime-local"
          name="at"
          min={`${ALWAYS.lower}T00:00`}
          max={`${ALWAYS.upper}T00:00`}
          defaultValue={wallOf(minute.peek(), zone)}
          required
        />
      </label>
      {problem.value !== undefined && (
        <p class="bad" role="alert">
          {problem.value}
        </p>
      )}
      <button type="submit" class="button primary">
        Add
      </button>
    </form>
  );
}

/** Asks for the numbers anew where it was written; says why where it was not. */
async function write(path: string, asking: Parameters<typeof ask>[2]): Promise<string | undefined> {
  try {
    await ask(path, undefined, asking);
    askAgain();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}
