import { effect } from '@preact/signals';
import type { LiveMessage, StoryAnswer } from '../../src/http/routes/dashboard-schemas.js';
import { message } from '../live/live.js';
import { askStory, Refusal } from './api.js';

/** The least time between two times that a story is asked for. */
const REST_MILLISECONDS = 1000;
/** How much longer it rests than asking took: where it means to read all events, others have to read as well. */
const REST_TIMES = 4;

/**
 * Asks for the story of a contact, and again when something new may belong to it; never twice at a time.
 * Answers with the function that ends it.
 */
export function followStory(uuid: string, tell: (answer: StoryAnswer | Refusal) => void): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  const known = message.peek();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isBusy = false;
  let isWanted = false;

  async function look(): Promise<void> {
    isBusy = true;
    isWanted = false;
    const started = performance.now();
    try {
      tell(await askStory(uuid, signal));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      tell(error);
      isWanted ||= error.isPassing;
    }
    if (signal.aborted) return;
    const rest = Math.max(REST_MILLISECONDS, (performance.now() - started) * REST_TIMES);
    timer = setTimeout(() => {
      isBusy = false;
      lookIfWanted();
    }, rest);
  }

  function lookIfWanted(): void {
    // A page that is seen again hears everything anew, and comes here by that.
    if (isWanted && !isBusy && !document.hidden) void look();
  }

  void look();
  const stopListening = effect(() => {
    const news = message.value;
    if (news === undefined || news === known) return;
    isWanted ||= mayConcern(news, uuid);
    lookIfWanted();
  });
  return () => {
    stopListening();
    clearTimeout(timer);
    controller.abort();
  };
}

/** Whether something of a contact may be new: it is listed, or not all that is new is listed. */
function mayConcern({ events, missed }: LiveMessage, uuid: string): boolean {
  // One without events tells of totals that changed by what another server took.
  if (missed !== 0 || events.length === 0) return true;
  return events.some((event) => event.uuid === uuid.toLowerCase());
}
