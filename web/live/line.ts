import type { LiveMessage } from '../../src/http/routes/dashboard-schemas.js';

/** What comes over a line: how it stands, or a message of the server. */
export type LineNews =
  | { readonly kind: 'state'; readonly state: 'open' | 'lost' | 'refused' }
  /** `isOld`: it was told to another window before. */
  | { readonly kind: 'message'; readonly told: LiveMessage; readonly isOld: boolean };

export type Tell = (news: LineNews) => void;

/** What a window says to the worker; `here` again and again while it watches. */
export type WindowWord = 'watch' | 'leave' | 'hurry' | 'here';
/** What the worker says to a window; `here` in answer to the same word. */
export type WorkerWord = LineNews | { readonly kind: 'here' };

/** How often a window and the worker tell each other that they are there: either may be gone without a word. */
export const LIFE_SIGN_MILLISECONDS = 3000;

/** A line to the server's messages that finds its way back by itself. */
export interface Line {
  close(): void;
  /** Asks for it at once, where it was refused. */
  hurry(): void;
}

/** After the line was refused; twice as long after each further time. */
const RETRY_MILLISECONDS = 2000;
const RETRY_MILLISECONDS_MAX = 16_000;

/** How often it is counted how long the line has been silent. */
const TURN_MILLISECONDS = 3000;
/** A bit over two of the signs that the server promises every 15 seconds. */
const SILENT_TURNS_MAX = 12;

/** Opens a line of one's own. */
export function openLine(tell: Tell): Line {
  let source: EventSource | undefined;
  let retry = RETRY_MILLISECONDS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let silentTurns = 0;
  // Turns and not the time: whoever slept or was held up has the signs that came meanwhile still before it.
  const watch = setInterval(() => {
    silentTurns += 1;
    if (source === undefined || silentTurns < SILENT_TURNS_MAX) return;
    // A connection breaks by itself only where somebody is left to end it.
    source.close();
    open();
    tell({ kind: 'state', state: 'lost' });
  }, TURN_MILLISECONDS);

  function hear(): void {
    silentTurns = 0;
  }

  function open(): void {
    hear();
    source = new EventSource('/dashboard/live');
    source.addEventListener('alive', hear);
    source.onopen = () => {
      hear();
      retry = RETRY_MILLISECONDS;
      tell({ kind: 'state', state: 'open' });
    };
    source.onmessage = ({ data }) => {
      hear();
      tell({ kind: 'message', told: JSON.parse(data) as LiveMessage, isOld: false });
    };
    source.onerror = ({ currentTarget }) => {
      // A line that broke is mended by the browser, which names the last event it had: a new line would begin
      // anew. One that the server answers with no is not mended.
      hear();
      const isRefused = (currentTarget as EventSource).readyState === EventSource.CLOSED;
      if (isRefused) {
        source = undefined;
        timer = setTimeout(open, retry);
        retry = Math.min(2 * retry, RETRY_MILLISECONDS_MAX);
      }
      tell({ kind: 'state', state: isRefused ? 'refused' : 'lost' });
    };
  }

  open();
  return {
    close() {
      clearTimeout(timer);
      clearInterval(watch);
      source?.close();
    },
    hurry() {
      if (source !== undefined) return;
      clearTimeout(timer);
      open();
    },
  };
}
