import {
  LIFE_SIGN_MILLISECONDS,
  type Line,
  openLine,
  type Tell,
  type WindowWord,
  type WorkerWord,
} from './line.js';

/** How long a worker may say nothing before it is given up: it dies with the window that it was begun for. */
const SILENCE_MILLISECONDS_MAX = 4 * LIFE_SIGN_MILLISECONDS;

/** Whether this browser shares lines between its windows: an old one does not. */
let canShare = typeof SharedWorker === 'function';

/** Lends a line to the server that all windows of the browser share, or, where that cannot be, one of one's own. */
export function lend(tell: Tell): Line {
  return canShare ? share(tell) : openLine(tell);
}

function share(tell: Tell): Line {
  let heardAt = performance.now();
  let wasHeard = false;
  let isClosed = false;
  let own: Line | undefined;
  let port: MessagePort | undefined;
  const timer = setInterval(() => {
    if (performance.now() - heardAt < SILENCE_MILLISECONDS_MAX) say('here');
    else if (wasHeard) {
      leave();
      heardAt = performance.now();
      wasHeard = false;
      connect();
    } else useOwn();
  }, LIFE_SIGN_MILLISECONDS);
  connect();

  function connect(): void {
    let worker: SharedWorker;
    try {
      worker = new SharedWorker(new URL('./shared-line.ts', import.meta.url), { type: 'module' });
    } catch {
      // A browser that may keep nothing of this site shares nothing between its windows either.
      useOwn();
      return;
    }
    port = worker.port;
    worker.onerror = useOwn;
    port.onmessage = ({ data }: MessageEvent<WorkerWord>) => {
      heardAt = performance.now();
      wasHeard = true;
      if (data.kind !== 'here') tell(data);
    };
    say('watch');
  }

  function say(word: WindowWord): void {
    port?.postMessage(word);
  }

  function leave(): void {
    if (port === undefined) return;
    say('leave');
    port.onmessage = null;
    port = undefined;
  }

  function useOwn(): void {
    canShare = false;
    // A script may fail to load when the window has stopped to listen.
    if (isClosed) return;
    clearInterval(timer);
    leave();
    own ??= openLine(tell);
  }

  return {
    close() {
      isClosed = true;
      clearInterval(timer);
      leave();
      own?.close();
    },
    hurry() {
      say('hurry');
      own?.hurry();
    },
  };
}
