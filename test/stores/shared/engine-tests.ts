import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { doctorCommand } from '../../../src/cli/serve/doctor.js';
import { collect } from '../../../src/contract/conformance/answers.js';
import { describeConformance, type Runner } from '../../../src/contract/conformance.js';
import { describe as describeError } from '../../../src/contract/errors.js';
import type { ServerKind } from '../../../src/contract/server-kind.js';
import type { Promises } from '../../../src/contract/store.js';
import type { ContactEvent } from '../../../src/domain/contact.js';
import { whole } from '../../../src/domain/tally.js';
import { MINUTE, SECOND } from '../../../src/domain/time.js';
import { createStore } from '../../../src/stores/index.js';
import { copyEvents } from '../../../src/transfer/copy.js';
import { verifyStore } from '../../../src/transfer/verify/verify.js';
import { atEnd } from '../../at-end.js';
import { run } from '../../cli/running.js';
import { startServerProcess } from '../../faults/server-process.js';
import { freshDirectory, initials } from '../journal/support.js';
import { expectAnswersToAnalyst } from './analyst.js';
import { EngineServer } from './engine-server.js';
import { cutForASecond, cutter, type EngineProxy, startProxy } from './proxy.js';
import { nameOf, openStore, SILENT } from './support.js';
import { expectAllThatWasSent, underFault } from './trial.js';

export interface Engine {
  /** By what of a URL stores are told apart. */
  readonly nameOption: string;
  /** Its page below docs/stores, with questions of an analyst. */
  readonly page: string;
  /** Sets the format of a store to one that is not known. */
  readonly setFormat: string;
  /** What an acknowledged event survives with a server as it comes. Default: a cut of power. */
  readonly survives?: Promises['survives'];
  /**
   * A setting that can lose what was acknowledged, and how it is set and put back for new connections; null where
   * there is none.
   */
  readonly loss: {
    readonly setting: string;
    readonly set: string;
    readonly reset: string;
    readonly survives: Promises['survives'];
  } | null;
  /** Whether what one server acknowledged is at once in the answers of another, too. Default: true. */
  readonly isFreshForAll?: boolean;
  /** Which cases of the suite are run, where others say nothing that is not known of the same store. Default: all. */
  readonly cases?: RegExp;
  /** Empties a store, so that its name is used again: for an engine that takes long to make one. */
  empty?(url: string): Promise<unknown>;
  /** Asks in the engine's own language, as an analyst would, of the store at a URL. */
  ask(url: string, question: string): Promise<readonly object[]>;
}

export interface Place {
  readonly server: EngineServer;
  /** Before the server. */
  readonly proxy: EngineProxy;
}

/** The cases of the suite in which engines differ where their core is the same: races, readings, instants. */
export const RACES =
  /sound|at the same time|repeated event id|the first and the last|when the reading began|while batches|thrown away/;

/** Runs some of the cases of the suite. */
export function only(cases: RegExp): Runner {
  return { describe, it: (title, body) => (cases.test(title) ? it(title, body) : undefined) };
}

/** What every engine with a server is held to, on a real one; `more`: what only this one is. */
export function describeEngine(
  name: string,
  missing: string | null,
  kind: ServerKind,
  {
    page,
    nameOption,
    setFormat,
    survives = 'power',
    loss,
    isFreshForAll = true,
    cases = /./,
    empty,
    ask,
  }: Engine,
  more: (place: Place) => void = () => {},
): void {
  describeOnServer(name, missing, kind, nameOption, (place) => {
    const cutProxied = cutter(() => place.proxy);
    more(place);

    describeConformance(only(cases), 'a server', {
      async create() {
        const url = place.server.freshUrl(place.proxy.port);
        const make = () => createStore(url, { log: SILENT });
        return {
          store: await make(),
          another: make,
          async dispose() {
            if (empty === undefined) return;
            await empty(url);
            place.server.reuse(url);
          },
          interrupt: cutProxied,
        };
      },
    });

    it('answers the questions that its page asks for an analyst', async () => {
      const url = place.server.freshUrl();
      await expectAnswersToAnalyst(page, await openStore(url), (question) => ask(url, question));
    });

    it('has what is copied to it from a journal, gives it back, and is verified', async () => {
      const [first, second] = [await openStore(journal()), await openStore(journal())];
      await first.append(madeUp(COPIED_CONTACTS));
      const store = await openStore(place.server.freshUrl());
      expect(await copyEvents(first, store)).toMatchObject({ complete: true, refusals: [] });
      expect(await verifyStore(store, { ranges: 10, random: () => 0.5 })).toMatchObject({
        ...{ complete: true, contacts: COPIED_CONTACTS, differences: [] },
      });
      expect(await copyEvents(store, second)).toMatchObject({ complete: true, refusals: [] });
      expect(await collect(second.events())).toEqual(await collect(first.events()));
      for (const one of [first, store, second]) await one.close();
    });

    it('is made by several servers at once without harm', async () => {
      const url = place.server.freshUrl();
      const stores = await Promise.all(Array.from({ length: 4 }, () => createStore(url, { log: SILENT })));
      await Promise.all(stores.map((store) => store.open()));
      await Promise.all(stores.map((store, i) => store.append(initials(i * 10, i * 10 + 10))));
      const counted = async () => whole(await stores[0]!.tallyOfSymbol('e')).count;
      if (isFreshForAll) expect(await counted()).toBe(40);
      else await expect.poll(counted).toBe(40);
      for (const store of stores) await store.close();
    });

    it('is not made where it must be there, and not opened where it has another format', async () => {
      const url = place.server.freshUrl();
      const missing = await createStore(url, { log: SILENT, mustExist: true });
      await expect(missing.open()).rejects.toMatchObject({ code: 'STORE_MISSING' });
      const { stdout } = await run(doctorCommand, { store: url, port: 0 });
      expect(stdout).toMatch(/^ok {4}store .*there is nothing yet, serve begins it/m);
      await (await openStore(url)).close();
      const there = await createStore(url, { log: SILENT, mustExist: true });
      await there.open();
      await there.close();
      await ask(url, setFormat);
      await expect(openStore(url)).rejects.toMatchObject({
        code: 'STORE_FORMAT',
        message: expect.stringMatching(/has format [23], and this release reads /),
      });
    });

    it('says what the settings of its server can lose', async () => {
      const url = place.server.freshUrl();
      const before = await openStore(url);
      expect(before.promises.survives).toBe(survives);
      expect(before.warnings!()).toEqual([]);
      await before.close();
      if (loss === null) return;
      await ask(url, loss.set);
      const after = await openStore(url);
      expect(after.promises.survives).toBe(loss.survives);
      expect(after.warnings!()).toEqual([expect.stringContaining(loss.setting)]);
      await after.close();
      await ask(url, loss.reset);
    });

    it('shows nobody the password', async () => {
      const url = place.server
        .freshUrl()
        .replace(/\/\/(?:[^@/]*@)?([^:/]*):\d+/, '//somebody:se%2Fcret@$1:1');
      const error = await openStore(`${url}&timeout-milliseconds=1000`).catch((error: unknown) => error);
      expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect(describeError(error)).not.toMatch(/cret/);
    });
  });
}

const journal = () => `journal:${freshDirectory()}`;

/** More than a batch of an engine holds, and than a page of events. */
const COPIED_CONTACTS = 1200;

/** Contacts a second apart: of each tenth a followup the next minute, of each twentieth a replay. No two events are of one instant. */
function madeUp(contacts: number): ContactEvent[] {
  return initials(0, contacts).flatMap((event, n) => {
    const { uuid, at } = event;
    const id = contacts + n;
    return [
      event,
      ...(n % 10 === 0 ? [{ kind: 'followup' as const, id, uuid, at: at + MINUTE + 1, replay: false }] : []),
      ...(n % 20 === 5 ? [{ ...event, id, at: at + SECOND / 2, replay: true }] : []),
    ];
  });
}

/** The same, of what is done to its server and its connections while two Tallyboard servers take requests. */
export function describeEngineFaults(
  name: string,
  missing: string | null,
  kind: ServerKind,
  { nameOption, isDurable = true }: Pick<Engine, 'nameOption'> & { readonly isDurable?: boolean },
  more: (place: Place) => void = () => {},
): void {
  describeOnServer(`${name} under load`, missing, kind, nameOption, (place) => {
    more(place);

    it('has from two servers exactly what clients sent, as simulate --check sees it', async () => {
      await expectAllThatWasSent(place.server.freshUrl(), 1000);
    });

    it('loses and doubles nothing when connections are cut under load', async () => {
      const { lost } = await underFault(place.server.freshUrl(place.proxy.port), () =>
        cutForASecond(place.proxy),
      );
      expect(lost).toEqual([]);
    });

    it('loses and doubles nothing when its server is stuck for longer than an answer may take', async () => {
      // A second is what an engine may take by itself beside other tests.
      const url = `${place.server.freshUrl()}&timeout-milliseconds=5000`;
      const { lost } = await underFault(url, async () => {
        place.server.signal('SIGSTOP');
        await pause(8000);
        place.server.signal('SIGCONT');
      });
      expect(lost).toEqual([]);
    });

    it.skipIf(!isDurable)(
      'loses and doubles nothing when its server is killed under load, and started again',
      async () => {
        const { lost } = await underFault(place.server.freshUrl(), async () => {
          await place.server.kill();
          await pause(300);
          await place.server.restart();
        });
        expect(lost).toEqual([]);
      },
    );

    it('is told to be away while it is, and comes back by itself', async () => {
      const store = place.server.freshUrl();
      const { url, end } = await startServerProcess(store);
      await place.server.kill();
      await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(503);
      const refused = await fetch(`${url}/initial?uuid=${crypto.randomUUID()}&symbol=e`, { method: 'POST' });
      expect(refused.status).toBe(503);
      expect(refused.headers.get('retry-after')).not.toBeNull();
      await place.server.restart();
      await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(200);
      const taken = await fetch(`${url}/initial?uuid=${crypto.randomUUID()}&symbol=e`, { method: 'POST' });
      expect(taken.status).toBe(200);
      expect(await end('SIGTERM')).toBe(0);
    });
  });
}

/** Those of a file: what takes long to start is started once for all of its suites. */
const started = new WeakMap<ServerKind, Promise<Place>>();

async function placeOf(kind: ServerKind, nameOption: string): Promise<Place> {
  const server = await EngineServer.start(kind, nameOption);
  const proxy = await startProxy(server.port);
  atEnd(() => proxy.close());
  return { server, proxy };
}

/** A suite with a server of its own kind, and a proxy before it. */
export function describeOnServer(
  name: string,
  missing: string | null,
  kind: ServerKind,
  nameOption: string,
  body: (place: Place) => void,
): void {
  describe.skipIf(missing !== null)(nameOf(name, missing), () => {
    const place: { -readonly [Key in keyof Place]?: Place[Key] } = {};
    beforeAll(async () => {
      if (!started.has(kind)) started.set(kind, placeOf(kind, nameOption));
      Object.assign(place, await started.get(kind));
    });
    body(place as Place);
  });
}
