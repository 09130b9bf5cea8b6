import type { LiveMessage } from '../http/routes/dashboard-schemas.js';
import { ClientError } from './client-error.js';
import { anyOf, pauseAfter, readJson, type Sender } from './sender.js';

/** The server gives a sign of life every 15 seconds: a line that is silent for longer than this is broken. */
const SILENCE_MILLISECONDS_MAX = 30_000;

/** The live messages of a server, over as many connections as it takes. */
export async function* liveMessages(
  sender: Sender,
  signal: AbortSignal | undefined,
): AsyncGenerator<LiveMessage, void, void> {
  let lastId: string | undefined;
  let attempt = 0;
  for (;;) {
    attempt += 1;
    const line = new Line(sender.requestMillisecondsMax, signal);
    try {
      const headers = lastId === undefined ? {} : { 'last-event-id': lastId };
      const request = { method: 'GET', path: '/dashboard/live', headers } as const;
      const texts = await sender.once(request, line.signal, async ({ body }) => line.textsOf(body));
      for await (const { id, data } of eventsIn(texts)) {
        attempt = 0;
        lastId = id;
        yield readJson<LiveMessage>(data);
      }
    } catch (error) {
      await pauseAfter(error, Math.max(attempt, 1), sender.attemptsMax, signal);
    } finally {
      line.end();
    }
  }
}

/** One connection, given up where nothing comes over it for too long. */
class Line {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(millisecondsMax: number, signal: AbortSignal | undefined) {
    this.signal = anyOf(signal, this.#controller.signal);
    this.#expect(millisecondsMax);
  }

  async *textsOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    const reader = body!.getReader();
    try {
      for (;;) {
        this.#expect(SILENCE_MILLISECONDS_MAX);
        const { done, value } = await reader.read();
        // Not while the reader of the messages takes its time.
        clearTimeout(this.#timer);
        if (done) throw new Error('it ended');
        yield decoder.decode(value, { stream: true });
      }
    } catch (error) {
      throw new ClientError('NO_ANSWER', `the live connection broke: ${(error as Error).message}`, {
        transient: true,
        cause: error,
      });
    }
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#controller.abort();
  }

  #expect(milliseconds: number): void {
    clearTimeout(this.#timer);
    const reason = new Error(`nothing came for ${milliseconds / 1000} s`);
    this.#timer = setTimeout(() => this.#controller.abort(reason), milliseconds);
  }
}

/** The server-sent events of the type `message` in a text that comes in pieces. */
async function* eventsIn(texts: AsyncIterable<string>): AsyncGenerator<{ id: string; data: string }> {
  let rest = '';
  for await (const text of texts) {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1];
      const [id, data] = [field('id'), field('data')];
      if (id !== undefined && data !== undefined) yield { id, data };
    }
  }
}
