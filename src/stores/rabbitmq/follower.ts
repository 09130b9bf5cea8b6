import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ConsumeMessage } from 'amqplib';
import { describe, type ErrorCode, TallyboardError, unconfirmed } from '../../contract/errors.js';
import type { Outcome, StoreContext } from '../../contract/store.js';
import type { ContactEvent } from '../../domain/contact.js';
import { LogConnection } from './connection.js';
import { Folder, type Place } from './folder.js';
import { type Content, eventsOf, type Message, readGroup } from './message.js';
import type { RabbitOptions } from './options.js';

const JOIN_MILLISECONDS = 500;
const OPEN_ATTEMPTS_MAX = 5;
const FINAL: readonly ErrorCode[] = ['STORE_DAMAGED', 'STORE_FORMAT'];

/** What was sent, and has not come back yet. */
interface Pending {
  readonly content: Content;
  readonly answer: Promise<readonly Outcome[]>;
  settle(result: readonly Outcome[] | TallyboardError): void;
}

/**
 * Writes to the log, and folds it in its order into a folder. What is folded twice changes nothing, so whatever
 * is not sure is sent again, and read again.
 */
export class Follower {
  readonly name: string;
  warnings: readonly string[] = [];
  readonly #options: RabbitOptions;
  readonly #context: StoreContext;
  readonly #pending = new Map<string, Pending>();
  readonly #stopping = new AbortController();
  #connection: LogConnection | undefined;
  #folder: Folder | undefined;
  #staying: Promise<void> = Promise.resolve();
  #hasGivenUp = false;
  #trouble: string | undefined;
  /** The last message that is known to have been folded. */
  #place: Place | undefined;
  /** Up to which offset the folder has what the log has; -1: nothing. */
  #folded = -1;
  /** Whether the message at the place has come again on this connection. */
  #isPlaceMet = false;
  /** An event of the folder that is to be found in the log. */
  #sought: ContactEvent | undefined;
  #inbox: ConsumeMessage[] = [];
  #folding: Promise<void> | undefined;
  #onFolded = () => {};

  constructor(options: RabbitOptions, context: StoreContext) {
    this.#options = options;
    this.#context = context;
    this.name = `RabbitMQ at ${options.host}:${options.port}`;
  }

  /** Resolves with the folder once all that was in the log by then is folded. */
  async open(): Promise<Folder> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#join();
        break;
      } catch (error) {
        // A queue that another server makes at this moment may not be ready.
        if (error instanceof TallyboardError || attempt === OPEN_ATTEMPTS_MAX) {
          await this.#folder?.close();
          throw error;
        }
        await pause(JOIN_MILLISECONDS);
      }
    }
    this.#staying = this.#stay();
    return this.#folder!;
  }

  trouble(): string | TallyboardError | undefined {
    const blocked = this.#connection?.blocked;
    if (this.#trouble !== undefined) return this.#trouble;
    if (blocked !== undefined) return `${this.name} takes no messages: ${blocked}`;
    // What is sent could not be folded here.
    return this.#folder?.store.trouble?.();
  }

  /** Sends a message, and answers with what became of its events once it has come back and was folded. */
  async send(content: Content): Promise<readonly Outcome[]> {
    const trouble = this.trouble();
    if (typeof trouble === 'string') throw new TallyboardError('STORE_UNAVAILABLE', trouble);
    if (trouble !== undefined) throw trouble;
    const token = randomUUID();
    let settle: Pending['settle'] = () => {};
    const answer = new Promise<readonly Outcome[]>((resolve, reject) => {
      const late = setTimeout(() => {
        settle(unconfirmed(this.name));
        // Joining again shows whether the log works.
        if (this.trouble() === undefined)
          void this.#connection!.close(new Error('a batch did not come back'));
      }, this.#options.timeout);
      settle = (result) => {
        clearTimeout(late);
        this.#pending.delete(token);
        if (result instanceof TallyboardError) reject(result);
        else resolve(result);
      };
    });
    this.#pending.set(token, { content, answer, settle });
    this.#connection!.publish(token, content);
    return answer;
  }

  /** What cannot be sent at once is refused from now on. */
  giveUp(): void {
    this.#hasGivenUp = true;
    if (this.#trouble !== undefined) this.#refusePending();
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    this.giveUp();
    await Promise.allSettled([...this.#pending.values()].map(({ answer }) => answer));
    this.#stopping.abort();
    await this.#leave(new Error('the store is being closed'));
    await this.#staying;
    await this.#folder?.close(this.#isUpToPlace ? this.#place : undefined);
  }

  /** Connects, and resolves when all that was in the log by then is folded. */
  async #join(): Promise<void> {
    const { name: queue, folders } = this.#options;
    const connection = await LogConnection.open(this.#options);
    this.#connection = connection;
    try {
      this.#stopping.signal.throwIfAborted();
      const hasLog = await connection.hasLog();
      if (!hasLog && this.#context.mustExist) {
        throw new TallyboardError('STORE_MISSING', `there is no queue ${queue}: check the store URL`);
      }
      if (this.#folder === undefined) {
        this.#folder = await Folder.take(folders, this.#context);
        const { place, isWhole, lastEvent } = this.#folder.stand;
        this.#place = place;
        this.#sought = lastEvent;
        if (isWhole) this.#folded = place!.offset;
      }
      if (!hasLog && (this.#place ?? this.#sought) !== undefined) {
        // It may be away with a node of its cluster.
        throw this.#loss('is gone', 'STORE_UNAVAILABLE');
      }
      const { first, last } = await connection.begin();
      // The last message comes again, to be compared.
      this.#isPlaceMet = this.#place === undefined;
      const from = Math.max(0, this.#folded);
      const end = this.#place?.offset ?? 0;
      if (first > from) throw this.#loss(`begins at offset ${first}, and was folded up to ${this.#folded}`);
      if (last < end) throw this.#loss(`ends at offset ${last}, and was folded up to ${end}`);
      this.warnings = first === 0 ? [] : [droppedBefore(first, queue)];
      for (const warning of this.warnings) this.#context.log.warn({}, warning);
      const caughtUp = new Promise<void>((resolve) => {
        this.#onFolded = () => {
          if (this.#folded >= last) resolve();
        };
      });
      await connection.follow(from, (message) => this.#receive(connection, message));
      await Promise.race([caughtUp, connection.failed]);
      if (this.#sought !== undefined) throw this.#loss('has not the last event that was folded');
      for (const [token, { content }] of this.#pending) connection.publish(token, content);
    } catch (error) {
      await this.#leave(error);
      // Of a connection that broke, what failed on it says less than why it broke.
      throw error instanceof TallyboardError ? error : await connection.lost;
    }
  }

  async #leave(reason: unknown): Promise<void> {
    await this.#connection?.close(reason);
    await this.#folding;
    this.#inbox = [];
  }

  /** Joins again whenever the connection is lost, until the store is closed. */
  async #stay(): Promise<void> {
    const { signal } = this.#stopping;
    const { log } = this.#context;
    for (let reason = await this.#connection!.lost; !signal.aborted; ) {
      if (this.#trouble === undefined) log.warn({ reason: describe(reason) }, `${this.name} was lost`);
      const own = reason instanceof TallyboardError ? reason : undefined;
      this.#trouble = own?.message ?? `${this.name} does not answer: ${describe(reason)}`;
      if (this.#hasGivenUp) this.#refusePending(reason);
      await this.#leave(reason);
      // What cannot be read now cannot be read later.
      if (own !== undefined && FINAL.includes(own.code)) {
        this.#refusePending(own);
        return;
      }
      await pause(JOIN_MILLISECONDS, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      try {
        await this.#join();
        this.#trouble = undefined;
        log.info({}, `${this.name} answers again`);
        reason = await this.#connection!.lost;
      } catch (error) {
        reason = error;
      }
    }
  }

  #receive(connection: LogConnection, message: ConsumeMessage): void {
    this.#inbox.push(message);
    this.#folding ??= this.#fold(connection).finally(() => {
      this.#folding = undefined;
    });
  }

  /** Folds what has come, several messages in one append. Never rejects. */
  async #fold(connection: LogConnection): Promise<void> {
    try {
      while (this.#inbox.length > 0) {
        const messages = readGroup(this.#inbox);
        const [last] = this.#inbox.splice(0, messages.length).slice(-1);
        const group = messages.filter((message) => this.#isNew(message));
        await this.#refuseDropped(group, connection);
        await this.#foldGroup(group);
        connection.acknowledge(last!);
        this.#onFolded();
      }
    } catch (error) {
      this.#inbox = [];
      // It waits for this to end.
      void connection.close(error);
    }
  }

  /** Throws where a message of the log is not what it was. */
  #isNew({ offset, token }: Message): boolean {
    if (!this.#isPlaceMet && offset >= this.#place!.offset) {
      if (offset !== this.#place!.offset || token !== this.#place!.token) {
        throw this.#loss(`has another message at offset ${this.#place!.offset} than was folded`);
      }
      this.#isPlaceMet = true;
    }
    return offset > this.#folded;
  }

  /**
   * Throws where messages are gone that were not folded. Each segment of a stream begins with something of the
   * broker's own, which has an offset and is not sent: offsets that are left out are no loss while the log still
   * has what came before them.
   */
  async #refuseDropped(messages: readonly Message[], connection: LogConnection): Promise<void> {
    const next = this.#folded + 1;
    const beyond = messages.find(({ offset }, i) => offset !== next + i);
    if (beyond === undefined || (await connection.first()) <= Math.max(0, this.#folded)) return;
    throw this.#loss(`has dropped what was before offset ${beyond.offset}`);
  }

  async #foldGroup(messages: readonly Message[]): Promise<void> {
    const { store } = this.#folder!;
    const events = messages.flatMap(eventsOf);
    const outcomes = events.length === 0 ? [] : await store.append(events);
    let from = 0;
    for (const { offset, token, content } of messages) {
      if (content.type === 'verification') await store.recordVerification!(content.verification);
      if (content.type === 'document') await store.keepDocument!(content.kind, content.name, content.text);
      const to = from + (content.type === 'batch' ? content.events.length : 0);
      this.#pending.get(token)?.settle(outcomes.slice(from, to));
      from = to;
      this.#folded = offset;
      if (offset > (this.#place?.offset ?? -1)) this.#place = { offset, token };
    }
    const { uuid, id } = this.#sought ?? {};
    if (events.some((event) => event.uuid === uuid && event.id === id)) this.#sought = undefined;
    if (this.#isUpToPlace) await this.#folder!.note(this.#place!);
  }

  /** Whether the folder can be said to have all up to the place. */
  get #isUpToPlace(): boolean {
    return this.#folded >= 0 && this.#folded === this.#place?.offset && this.#sought === undefined;
  }

  #refusePending(cause?: unknown): void {
    for (const { settle } of this.#pending.values()) settle(unconfirmed(this.name, cause));
  }

  #loss(what: string, code: ErrorCode = 'STORE_DAMAGED'): TallyboardError {
    const directory = this.#folder?.directory;
    return new TallyboardError(
      code,
      `the queue ${this.#options.name} ${what}, so ${directory} may have events that the log has not: delete ${directory} to take the log's word, or copy from journal:${directory} to another queue and serve that`,
    );
  }
}

function droppedBefore(first: number, queue: string): string {
  return `the queue ${queue} has dropped the log before offset ${first}, so no server can be added: copy the store to another queue, to which no policy sets a retention`;
}
