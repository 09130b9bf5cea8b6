import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { WindowWord, WorkerWord } from '../../web/live/line.js';

/** A window's end, as the worker has it. */
class Port {
  onmessage: ((event: { data: WindowWord }) => void) | null = null;
  readonly heard: WorkerWord[] = [];

  postMessage(word: WorkerWord): void {
    this.heard.push(word);
  }

  say(data: WindowWord): void {
    this.onmessage!({ data });
  }
}

class Source {
  static readonly CLOSED = 2;
  static all: Source[] = [];
  isOpen = true;
  onopen: (() => void) | undefined;
  onmessage: ((event: { data: string }) => void) | undefined;
  onerror: ((event: { currentTarget: Source }) => void) | undefined;
  readyState = 0;
  /** Tells a sign of life. */
  alive = () => {};

  constructor() {
    Source.all.push(this);
  }

  addEventListener(_: 'alive', listener: () => void): void {
    this.alive = listener;
  }

  close(): void {
    this.isOpen = false;
  }
}

let connect: (event: { ports: Port[] }) => void;

beforeEach(async () => {
  vi.useFakeTimers();
  vi.resetModules();
  Source.all = [];
  vi.stubGlobal('EventSource', Source);
  vi.stubGlobal('addEventListener', (_: string, listener: typeof connect) => {
    connect = listener;
  });
  await import('../../web/live/shared-line.js');
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function windowThatWatches(): Port {
  const port = new Port();
  connect({ ports: [port] });
  port.say('watch');
  return port;
}

function open(): Source[] {
  return Source.all.filter(({ isOpen }) => isOpen);
}

it('lets a window go that says nothing any more, and the line with the last one', () => {
  const [silent, other] = [windowThatWatches(), windowThatWatches()];
  expect(open()).toHaveLength(1);
  for (let second = 0; second < 60; second += 3) {
    vi.advanceTimersByTime(3000);
    other.say('here');
  }
  const heard = silent.heard.length;
  open()[0]!.onopen!();
  expect(silent.heard).toHaveLength(heard);
  expect(other.heard.at(-1)).toEqual({ kind: 'state', state: 'open' });
  other.say('leave');
  expect(open()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

it('tells a window that was asleep everything anew', () => {
  const port = windowThatWatches();
  vi.advanceTimersByTime(60_000);
  expect(open()).toEqual([]);
  port.say('here');
  const [source] = open();
  source!.onopen!();
  expect(port.heard.slice(-2)).toEqual([{ kind: 'here' }, { kind: 'state', state: 'open' }]);
  source!.onmessage!({ data: JSON.stringify({ events: [{ uuid: 'a' }, { uuid: 'b' }], missed: null }) });
  const late = windowThatWatches();
  expect(late.heard.at(-1)).toEqual({
    kind: 'message',
    told: { events: [{ uuid: 'a' }, { uuid: 'b' }], missed: null },
    isOld: true,
  });
});

/** Lets a window watch for so long, which says so, as windows do. */
function watchFor(port: Port, milliseconds: number): void {
  for (let passed = 0; passed < milliseconds; passed += 3000) {
    vi.advanceTimersByTime(3000);
    port.say('here');
  }
}

function statesOf({ heard }: Port): string[] {
  return heard.flatMap((word) => (word.kind === 'state' ? [word.state] : []));
}

it('tells of a line on which not even signs of life come, and opens another', () => {
  const port = windowThatWatches();
  const [first] = open();
  first!.onopen!();
  for (let sign = 0; sign < 20; sign += 1) {
    watchFor(port, 15_000);
    first!.alive();
  }
  watchFor(port, 30_000);
  first!.onmessage!({ data: JSON.stringify({ events: [], missed: 0 }) });
  watchFor(port, 30_000);
  expect(statesOf(port)).toEqual(['open']);
  watchFor(port, 6000);
  expect(statesOf(port)).toEqual(['open', 'lost']);
  const [second] = open();
  expect(open()).toHaveLength(1);
  expect(second).not.toBe(first);
  // A server that is stuck takes it and says nothing.
  watchFor(port, 36_000);
  const [third] = open();
  expect([open().length, third === second]).toEqual([1, false]);
  third!.onopen!();
  expect(statesOf(port)).toEqual(['open', 'lost', 'lost', 'open']);
});

it('leaves a line that breaks again and again to the browser, which names the last event that it had', () => {
  const port = windowThatWatches();
  const [source] = open();
  for (let attempt = 0; attempt < 20; attempt += 1) {
    watchFor(port, 6000);
    source!.onerror!({ currentTarget: source! });
  }
  expect(open()).toEqual([source]);
});

it('opens no line for a window that stopped listening before the script failed to load', async () => {
  const workers: { port: Port; onerror: () => void }[] = [];
  vi.stubGlobal(
    'SharedWorker',
    class {
      readonly port = new Port();
      onerror = () => {};

      constructor() {
        workers.push(this);
      }
    },
  );
  const { lend } = await import('../../web/live/lend.js');
  const line = lend(() => {});
  line.close();
  workers[0]!.onerror();
  expect(open()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
  // From then on it knows.
  lend(() => {});
  expect([workers.length, open().length]).toEqual([1, 1]);
});
