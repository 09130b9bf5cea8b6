import type { EventRecord, LiveMessage } from '../../src/http/routes/dashboard-schemas.js';
import { newestOf } from '../data/events.js';
import {
  LIFE_SIGN_MILLISECONDS,
  type Line,
  type LineNews,
  openLine,
  type WindowWord,
  type WorkerWord,
} from './line.js';

/** How long a window may say nothing before it is taken to be gone. */
const SILENCE_MILLISECONDS_MAX = 10 * LIFE_SIGN_MILLISECONDS;

/**
 * A shared worker: one line to the server for all windows of a browser. It would open six lines to a server at
 * most, and a seventh window that is looked at would wait for ever. By when each was heard last.
 */
const watching = new Map<MessagePort, number>();
let timer: ReturnType<typeof setInterval> | undefined;
let line: Line | undefined;
let state: LineNews | undefined;
let last: LiveMessage | undefined;
let events: readonly EventRecord[] = [];

addEventListener('connect', (event) => {
  const port = (event as MessageEvent).ports[0]!;
  port.onmessage = ({ data }: MessageEvent<WindowWord>) => {
    if (data === 'leave') leave(port);
    else if (data === 'hurry') line?.hurry();
    // A window that was asleep may have been taken to be gone.
    else if (data === 'watch' || !watching.has(port)) watch(port);
    else {
      watching.set(port, performance.now());
      say(port, { kind: 'here' });
    }
  };
});

function watch(port: MessagePort): void {
  watching.set(port, performance.now());
  say(port, { kind: 'here' });
  line ??= openLine(pass);
  timer ??= setInterval(leaveSilent, LIFE_SIGN_MILLISECONDS);
  if (state !== undefined) say(port, state);
  if (last === undefined) return;
  const told = { ...last, events: events.toReversed(), missed: null };
  say(port, { kind: 'message', told, isOld: true });
}

function leave(port: MessagePort): void {
  watching.delete(port);
  if (watching.size > 0) return;
  clearInterval(timer);
  timer = undefined;
  line?.close();
  line = undefined;
  state = undefined;
  last = undefined;
}

function leaveSilent(): void {
  const now = performance.now();
  for (const [port, heardAt] of watching) {
    if (now - heardAt > SILENCE_MILLISECONDS_MAX) leave(port);
  }
}

function pass(news: LineNews): void {
  if (news.kind === 'state') state = news;
  else {
    last = news.told;
    events = newestOf(news.told, events);
  }
  for (const port of watching.keys()) say(port, news);
}

function say(port: MessagePort, word: WorkerWord): void {
  port.postMessage(word);
}
