import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { DataInterface } from '../../contract/data-interface.js';
import { describe, TallyboardError } from '../../contract/errors.js';
import type { Log } from '../../contract/store.js';
import { type ContactEvent, SYMBOLS } from '../../domain/contact.js';
import { whole } from '../../domain/tally.js';
import { formatInstant, type Instant } from '../../domain/time.js';
import { fromStore, maybeInstant } from '../reply.js';
import { later, narrowed } from '../routes/dashboard-answers.js';
import type { LiveMessage } from '../routes/dashboard-schemas.js';
import { phaseRefusal } from '../sockets/lifecycle.js';
import { LIVE_EVENTS_MAX, type LiveFeed } from './feed.js';
import { bodyFor, type Frame, isSame, sequenceOf } from './frame.js';

/** The least time between two messages to a client: two a second at most. */
const MESSAGE_MILLISECONDS = 500;
/** How often it is looked whether there is something to say. */
const LOOK_MILLISECONDS = 100;
/** Totals are asked for so rarely that they take a twentieth of the time at most: a store may have to scan. */
const TOTALS_REST = 20;
/** After so much silence comes a sign of life. One every 15 seconds is promised. */
const ALIVE_MILLISECONDS = 10_000;
/** The same for a client that has ended its half of the connection: whoever has gone altogether refuses the second. */
const HALF_OPEN_MILLISECONDS = 250;
/** How long a client has its place for sure, whoever else wants it. */
const PLACE_MILLISECONDS = 5000;
/** How long the first message waits for the events of the store that came before the server's own. */
const BEFORE_MILLISECONDS = 250;
/** After totals could not be read. */
const RETRY_MILLISECONDS = 2000;

type Data = Pick<
  DataInterface,
  'promises' | 'tallyOfSymbol' | 'unmatched' | 'replays' | 'lastEvents' | 'findsLastEvents'
>;

export interface LiveHubOptions {
  readonly data: Data;
  readonly feed: LiveFeed;
  readonly now: () => Instant;
  readonly log: Log;
  readonly clientsMax: number;
}

interface Client {
  readonly stream: Readable;
  readonly since: number;
  /** The sequence up to which it has events; null where it has none of this server. */
  has: number | null;
  frame: Frame;
  /** When the last message was sent, and when anything was. */
  toldAt: number;
  sentAt: number;
  isHalfOpen: boolean;
}

/**
 * Tells pages what is new. All clients are told from the same frames, of which two a second are made at most
 * and none while nobody listens. A client that does not read misses frames, so no more than a message waits
 * for each.
 */
export class LiveHub {
  readonly #options: LiveHubOptions;
  /** In the order in which they came. */
  readonly #clients = new Map<Readable, Client>();
  #timer: NodeJS.Timeout | undefined;
  #frame: Frame | undefined;
  #making: Promise<Frame> | undefined;
  #nextFrameAt = 0;
  /** The store is asked for totals again from then on, at the earliest. */
  #restUntil = 0;
  #before: Promise<void> | undefined;
  /** The events before the server's own came later than the last frame: all lists begin anew. */
  #isAnew = false;
  /** How many events the store had, and how many were counted here, when totals were read last. */
  #counted: { readonly store: number; readonly here: number } | undefined;
  #isClosed = false;

  constructor(options: LiveHubOptions) {
    this.#options = options;
  }

  /**
   * Adds a client, and answers with the stream of its messages. `lastEventId` is what it had before a break.
   * Rejects with `CLIENTS_TOO_MANY`, or where the store fails.
   */
  async connect(lastEventId: string | undefined): Promise<Readable> {
    const { clientsMax, feed } = this.#options;
    if (this.#isFull() && this.#whoYields() === undefined) throw tooMany(clientsMax);
    await this.#readBefore();
    const isOld = this.#frame === undefined || this.#hasNews();
    const mayAsk = performance.now() >= this.#restUntil;
    const frame = isOld && mayAsk ? await fromStore(this.#make()) : this.#frame!;
    if (this.#isClosed) throw phaseRefusal('stopping');
    if (this.#isFull()) {
      const yielding = this.#whoYields();
      if (yielding === undefined) throw tooMany(clientsMax);
      this.#end(yielding);
    }
    const stream = new Readable({ read() {} });
    const since = performance.now();
    const has = sequenceOf(lastEventId, feed);
    const client: Client = { stream, since, has, frame, toldAt: since, sentAt: since, isHalfOpen: false };
    this.#clients.set(stream, client);
    stream.once('close', () => this.#remove(stream));
    this.#send(client, frame);
    this.#timer ??= setInterval(() => this.#look(), LOOK_MILLISECONDS);
    return stream;
  }

  /** How many are connected. */
  get clients(): number {
    return this.#clients.size;
  }

  /** Notes that a client has ended its half of the connection: it goes on reading, or has gone altogether. */
  noteHalfOpen(stream: Readable): void {
    const client = this.#clients.get(stream);
    if (client !== undefined) client.isHalfOpen = true;
  }

  /** Ends all streams. */
  close(): void {
    this.#isClosed = true;
    for (const client of this.#clients.values()) this.#end(client);
    this.#rest();
  }

  #isFull(): boolean {
    return this.#clients.size >= this.#options.clientsMax;
  }

  /**
   * Whose place somebody new gets. Who reads nothing does not show it for long, because the system takes what is
   * sent in its stead. So the one that was there longest has to go: a browser comes back by itself, as the last
   * of all, and whoever reads nothing does not.
   */
  #whoYields(): Client | undefined {
    const before = performance.now() - PLACE_MILLISECONDS;
    const clients = [...this.#clients.values()];
    return (
      clients.find(({ stream, sentAt }) => stream.readableLength > 0 && sentAt <= before) ??
      clients.find(({ since }) => since <= before)
    );
  }

  #end({ stream }: Client): void {
    this.#clients.delete(stream);
    // The end would not come to whoever has left something unread.
    if (stream.readableLength > 0) stream.destroy();
    else stream.push(null);
  }

  #look(): void {
    const now = performance.now();
    const isDue = now >= Math.max(this.#nextFrameAt, this.#restUntil);
    if (isDue && this.#making === undefined && this.#hasNews()) {
      this.#make().catch((error: unknown) => {
        this.#nextFrameAt = performance.now() + RETRY_MILLISECONDS;
        this.#options.log.warn({ reason: describe(error) }, 'live pages wait: the totals cannot be read');
      });
    }
    for (const client of this.#clients.values()) this.#serve(client, now);
  }

  #serve(client: Client, now: number): void {
    const { stream, toldAt, sentAt, isHalfOpen } = client;
    if (stream.readableLength > 0) return;
    // A timer that comes a moment early must not cost a whole turn.
    if (client.frame !== this.#frame && now - toldAt >= MESSAGE_MILLISECONDS - LOOK_MILLISECONDS / 2) {
      this.#send(client, this.#frame!);
    } else if (now - sentAt >= (isHalfOpen ? HALF_OPEN_MILLISECONDS : ALIVE_MILLISECONDS)) {
      stream.push(`event: alive\ndata: ${formatInstant(this.#options.now())}\n\n`);
      client.sentAt = now;
    }
  }

  #send(client: Client, frame: Frame): void {
    const { feed, now } = this.#options;
    // A frame may be old when it is sent to a client that has just come.
    const data = `{"now":"${formatInstant(now())}",${bodyFor(frame, client.has)}}`;
    client.stream.push(`id: ${feed.name}-${frame.newest.sequence}\ndata: ${data}\n\n`);
    client.has = frame.newest.sequence;
    client.frame = frame;
    client.toldAt = performance.now();
    client.sentAt = client.toldAt;
  }

  #remove(stream: Readable): void {
    this.#clients.delete(stream);
    if (this.#clients.size === 0) this.#rest();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Whether there is, or may be, more to say than the last frame does. */
  #hasNews(): boolean {
    const { data, feed } = this.#options;
    const isOld = this.#isAnew || this.#frame?.newest.sequence !== feed.sequence;
    return isOld || data.promises.writers === 'many';
  }

  #make(): Promise<Frame> {
    this.#making ??= this.#makeFrame().finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async #makeFrame(): Promise<Frame> {
    const { feed } = this.#options;
    const isAnew = this.#isAnew;
    this.#isAnew = false;
    // Before the totals are asked for, so that these have all of the events.
    let newest = feed.newest();
    const started = performance.now();
    const { totals, earliest, latest, others } = await this.#read().catch((error: unknown) => {
      this.#isAnew ||= isAnew;
      throw error;
    });
    if (others !== undefined) {
      this.#noteOthers(others, totals);
      newest = feed.newest();
    }
    const newestAt = later(feed.newestAt(), latest);
    this.#nextFrameAt = started + MESSAGE_MILLISECONDS;
    this.#restUntil = started + (performance.now() - started) * TOTALS_REST;
    const last = this.#frame;
    if (!isAnew && last !== undefined && isSame(last, newest, totals)) return last;
    if (isAnew) for (const client of this.#clients.values()) client.has = null;
    const head = `"newestAt":${JSON.stringify(maybeInstant(newestAt))},"oldestAt":${JSON.stringify(maybeInstant(earliest))},"totals":${JSON.stringify(totals)}`;
    this.#frame = { newest, totals, head, texts: new Map() };
    return this.#frame;
  }

  /** `others`: the events that the store logged last, where other servers may have taken some of them. */
  async #read(): Promise<{
    totals: LiveMessage['totals'];
    earliest: Instant | null;
    latest: Instant | null;
    others: readonly ContactEvent[] | undefined;
  }> {
    const { data } = this.#options;
    const isShared = data.promises.writers === 'many' && data.findsLastEvents;
    const others = isShared ? await data.lastEvents(LIVE_EVENTS_MAX) : undefined;
    const [tallies, unmatched, replays] = await Promise.all([
      Promise.all(SYMBOLS.map((symbol) => data.tallyOfSymbol(symbol))),
      data.unmatched(),
      data.replays(),
    ]);
    const { count: contacts, followups, earliest, latest } = whole(narrowed(tallies, undefined));
    return { totals: { contacts, followups, unmatched, replays }, earliest, latest, others };
  }

  #noteOthers(last: readonly ContactEvent[], totals: LiveMessage['totals']): void {
    const { feed } = this.#options;
    const before = this.#counted;
    const { news, isGap } = feed.newOf(last, before?.here ?? feed.sequence);
    // An event is a contact's first initial or its first followup, or a replay.
    const store = totals.contacts + totals.followups + totals.unmatched + (totals.replays ?? 0);
    const gained = before === undefined ? 0 : store - before.store - (feed.sequence - before.here);
    feed.noteOthers(news, isGap ? Math.max(0, gained - news.length) : 0);
    this.#counted = { store, here: feed.sequence };
  }

  /** Reads the events that came before the server's own, once; a store that is slow at it is not waited for. */
  async #readBefore(): Promise<void> {
    const { data, feed, log } = this.#options;
    this.#before ??= data.lastEvents(LIVE_EVENTS_MAX).then(
      (events) => {
        feed.putBefore(events);
        this.#isAnew = true;
      },
      (error: unknown) => {
        this.#before = undefined;
        log.warn({ reason: describe(error) }, 'the last events cannot be read from the store');
      },
    );
    await Promise.race([this.#before, pause(BEFORE_MILLISECONDS, undefined, { ref: false })]);
  }
}

function tooMany(clientsMax: number): TallyboardError {
  return new TallyboardError(
    'CLIENTS_TOO_MANY',
    `${clientsMax} live connections are open already: close a page, or try again later`,
  );
}
