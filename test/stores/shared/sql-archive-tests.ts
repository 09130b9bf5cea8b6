import { expect, it } from 'vitest';
import { sourceOf } from '../../../src/cli/store/archived.js';
import { exportCommand } from '../../../src/cli/store/export.js';
import { importCommand } from '../../../src/cli/store/import.js';
import { pruneCommand } from '../../../src/cli/store/prune.js';
import { rebuildCommand } from '../../../src/cli/store/rebuild.js';
import { verifyCommand } from '../../../src/cli/store/verify.js';
import { collect } from '../../../src/contract/conformance/answers.js';
import { TallyboardError } from '../../../src/contract/errors.js';
import { Model } from '../../../src/contract/model.js';
import type { Store } from '../../../src/contract/store.js';
import type { ContactEvent } from '../../../src/domain/contact.js';
import { DAY, HOUR, MINUTE, parseInstant } from '../../../src/domain/time.js';
import { createView } from '../../../src/stores/index.js';
import { archiveEvents } from '../../../src/transfer/archive/archive.js';
import { run } from '../../cli/running.js';
import { initial, initials } from '../journal/support.js';
import {
  appendToBoth,
  EVENTS,
  expectAllOnce,
  freshFolder,
  over,
  rowsOf,
  START,
} from '../redis/archive/support.js';
import type { Engine, Place } from './engine-tests.js';
import { openStore, SILENT } from './support.js';

export const DATE = '2024-01-05';
export const BEFORE = parseInstant(`${DATE} 00:00:00`)!;
const OLD = EVENTS.filter(({ at }) => at < BEFORE).length;

interface Kept {
  readonly url: string;
  readonly store: Store;
  readonly model: Model;
}

export async function filled(url: string): Promise<Kept> {
  const kept = { url, store: await openStore(url), model: new Model() };
  for (let from = 0; from < EVENTS.length; from += 100) {
    await appendToBoth(kept, EVENTS.slice(from, from + 100));
  }
  await appendToBoth(kept, [{ kind: 'followup', id: 1, uuid: initial(5000).uuid, at: START, replay: false }]);
  return kept;
}

/** All that is answered but the raw events, as if these were there. */
export async function expectAnswers({ store, model }: Kept): Promise<void> {
  const answers = async (of: Store | Model) => [
    await Promise.all(['a', 'e'].map((symbol) => of.tallyOfSymbol(symbol))),
    await of.talliesOfRange({ lower: START - DAY, upper: START + 20 * DAY }),
    await of.talliesOfRange({ lower: BEFORE - HOUR, upper: BEFORE + HOUR }),
    [await of.unmatched(), await of.replays!()],
  ];
  expect(await answers(store)).toEqual(await answers(model));
}

/** What comes again, late or otherwise, is taken as ever. */
async function expectRecognised(kept: Kept): Promise<void> {
  const [first] = EVENTS;
  await appendToBoth(kept, [
    { ...first!, id: 7e6 },
    { ...first!, id: 7e6 + 1, symbol: 'z' } as ContactEvent,
    // Of a contact that has a followup which is gone, and of one that has none.
    { kind: 'followup', id: 7e6 + 2, uuid: first!.uuid, at: START + 15 * DAY, replay: false },
    { kind: 'followup', id: 7e6 + 3, uuid: initial(1).uuid, at: START + 15 * DAY, replay: false },
    // The initial of a followup that is gone, and a contact of a day that is gone.
    { ...initial(5000), id: 7e6 + 4, at: START + 15 * DAY },
    { ...initial(5001), id: 7e6 + 5, at: START + MINUTE },
  ]);
  await expectAnswers(kept);
}

export const prune = (url: string, how: object) => run(pruneCommand, { store: url, before: BEFORE, ...how });
const verify = (url: string, how: object = {}) => run(verifyCommand, { store: url, ...how });
const SINCE = `There is proof since ${DATE} 00:00:00.000000 UTC: `;
const AGREES = 'Every answer agrees with the raw events.';

/** What an engine that speaks SQL is held to when old raw events are removed. */
export function sqlArchiveCases({
  ask,
  contacts,
  notes,
}: {
  readonly ask: Engine['ask'];
  /** The tables. */
  readonly contacts: string;
  readonly notes: string;
}): (place: Place) => void {
  return (place) => {
    it('moves old events to an archive: with its files all is proved, and without them what came since', async () => {
      const kept = await filled(place.server.freshUrl());
      const { url, store, model } = kept;
      const to = freshFolder();
      const told = await prune(url, {});
      expect(told.stdout).toMatch(
        /^\d+ raw events of .* would go, of 4 days, 2024-01-01 to 2024-01-04 \(UTC\)\./,
      );
      expect(await collect(store.events())).toHaveLength(EVENTS.length + 1);
      expect(await prune(url, { to })).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(`${OLD + 1} events of `),
      });
      const left = await collect(store.events());
      expect(left).toHaveLength(EVENTS.length - OLD);
      expect(left.every(({ at }) => at >= BEFORE)).toBe(true);
      await expectAnswers(kept);
      await expectAllOnce(store, to, model);
      expect((await verify(url)).stdout).toContain(SINCE);
      expect(await store.verification!()).toMatchObject({ since: BEFORE, differences: 0 });
      // Only what is asked for is missed.
      const exported = async (from: string) => (await run(exportCommand, { store: url, from })).stderr;
      expect(await exported(DATE)).not.toContain('moved');
      expect(await exported('2024-01-04')).toContain('Raw events of 1 day of ');
      const whole = await verify(url, { archive: to });
      expect(whole).toMatchObject({ code: 0, stdout: expect.stringContaining(AGREES) });
      expect(whole.stdout).not.toContain('proof since');
      expect(await store.verification!()).not.toHaveProperty('since');

      await expect(run(importCommand, { file: to, store: url })).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('is the archive of this store'),
      });

      await expectRecognised(kept);
      expect(await prune(url, { to })).toMatchObject({
        stdout: expect.stringMatching(/^2 events of .* 1 file /),
      });
      await expectAllOnce(store, to, model);
      expect(await prune(url, { to })).toMatchObject({ stdout: expect.stringMatching(/^0 events /) });
      await store.close();
    });

    it('is held to a directory from the first event that was moved there', async () => {
      const { url, store, model } = await filled(place.server.freshUrl());
      const [first, to] = [freshFolder(), freshFolder()];
      expect(await prune(url, { to: first, before: START })).toMatchObject({
        stdout: expect.stringMatching(/^0 events /),
      });
      const view = (await createView(url, { log: SILENT }))!;
      await view.open();
      expect(await prune(url, { to })).toMatchObject({ code: 0 });
      // What is read as it was before has all that was moved since.
      await expect(collect(sourceOf(view, url, to).events())).rejects.toThrow(
        'read again when that has ended',
      );
      await view.close();
      await expectAllOnce(store, to, model);
      await expect(prune(url, { to: first })).rejects.toMatchObject({
        message: expect.stringContaining('are missing in'),
      });
      await expect(prune(url, { to: freshFolder() })).rejects.toMatchObject({
        message: expect.stringContaining('is not the archive of this store'),
      });
      await store.close();
    });

    it('throws old events away: its answers stay, and it is proved since', async () => {
      const kept = await filled(place.server.freshUrl());
      const { url, store, model } = kept;
      expect(await ask(url, `SELECT value FROM ${notes} WHERE value = '2'`)).toEqual([]);
      const discarded = await prune(url, { discard: true });
      expect(discarded).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(`${OLD + 1} raw events of `),
      });
      // A release that would make the store again from what is left does not open it.
      expect(await ask(url, `SELECT value FROM ${notes} WHERE value = '2'`)).toHaveLength(1);
      await expectAnswers(kept);
      await expectRecognised(kept);
      const { code, stdout } = await verify(url);
      expect(stdout).toContain(SINCE);
      expect(stdout).toContain(AGREES);
      expect(code).toBe(0);
      expect((await prune(url, { discard: true })).stdout).toMatch(/^2 raw events /);
      expect((await prune(url, { discard: true })).stdout).toMatch(/^0 raw events /);
      expect((await prune(url, {})).stdout).toContain('has no raw events from before 2024-01-05 (UTC)');

      // What is moved to an archive later has no part of them: there is no proof with it, either.
      const to = freshFolder();
      await archiveEvents(store.archive!, to, BEFORE + 2 * DAY);
      expect((await verify(url, { archive: to })).stdout).toContain(SINCE);
      expect((await verify(url)).stdout).toContain('proof since 2024-01-07 ');
      expect(await model.unmatched()).toBe(await store.unmatched());
      await store.close();
      const again = { ...kept, store: await openStore(url) };
      await expectAnswers(again);
      await again.store.close();
    });

    it('keeps what is known from before when it is rebuilt, and mends what came since', async () => {
      const kept = await filled(place.server.freshUrl());
      const { url, store } = kept;
      await prune(url, { discard: true });
      await expectRecognised(kept);
      const later = initial(200);
      await ask(
        url,
        `UPDATE ${contacts} SET followup_at = initial_at + 1 WHERE uuid = '${initial(200 - 1).uuid}'`,
      );
      await ask(url, `DELETE FROM ${contacts} WHERE uuid = '${later.uuid}'`);
      expect((await verify(url)).stdout).toContain(`the contact ${later.uuid}`);
      const rebuilt = await run(rebuildCommand, { store: url });
      expect(rebuilt).toMatchObject({ code: 0, stdout: expect.stringContaining(AGREES) });
      await expectAnswers(kept);
      await expectAnswers({ ...kept, store });
      expect((await store.append([{ ...EVENTS[0]!, id: 8e6 }]))[0]).toMatchObject({ status: 'replayed' });
      await store.close();
    });

    it('is found wrong where a contact from before is gone, or one from since is not what was logged', async () => {
      const { url, store } = await filled(place.server.freshUrl());
      await prune(url, { discard: true });
      await ask(
        url,
        `UPDATE ${contacts} SET followup_at = ${BEFORE + 20 * DAY} WHERE uuid = '${initial(1).uuid}'`,
      );
      expect((await verify(url)).stdout).toContain(`the contact ${initial(1).uuid}`);
      await ask(url, `DELETE FROM ${contacts} WHERE uuid = '${initial(2).uuid}'`);
      const { code, stdout } = await verify(url);
      expect(stdout).toContain('the day 2024-01-01 00:00:00');
      expect(code).toBe(1);
      await store.close();
    });

    it('removes a part from the state in which it was listed only, while batches go on', async () => {
      const { url, store, model } = await filled(place.server.freshUrl());
      const archive = store.archive!;
      const [part] = await archive.parts();
      const total = (await collect(store.events())).length;
      const count = async () => (await collect(store.events())).length;
      const other = await openStore(url);
      for (const remove of [
        (one: typeof part) => archive.remove(one!, one!.last),
        (one: typeof part) => archive.discard!(one!),
      ]) {
        await expect(remove({ ...part!, since: '1-1' })).rejects.toMatchObject({ code: 'STORE_LOCKED' });
        await expect(remove({ ...part!, events: part!.events - 1 })).rejects.toMatchObject({
          code: 'STORE_UNAVAILABLE',
        });
        expect(await count()).toBe(total);
      }
      const [appended] = await Promise.all([
        other.append(initials(6000, 6300)),
        archive.remove(part!, part!.last),
        other.archive!.remove(part!, part!.last),
      ]);
      expect(appended.every(({ status }) => status === 'accepted')).toBe(true);
      await model.append(initials(6000, 6300));
      expect(await count()).toBe(total - part!.events + 300);
      await archive.remove(part!, part!.last);
      expect(await count()).toBe(total - part!.events + 300);
      await expectAnswers({ url, store, model });
      await other.close();
      await store.close();
    });

    it('is read as it was, or not to the end, where events are removed meanwhile', async () => {
      const { url, store } = await filled(place.server.freshUrl());
      // More than a page.
      await store.append(initials(20_000, 21_020).map((event) => ({ ...event, at: START + event.id })));
      const view = (await createView(url, { log: SILENT }))!;
      await view.open();
      const total = (await collect(view.events())).length;
      const readings = [{}, { lower: BEFORE }].map((span) => store.events(span)[Symbol.asyncIterator]());
      const ofView = view.events()[Symbol.asyncIterator]();
      for (const reading of [...readings, ofView]) await reading.next();
      await prune(url, { discard: true });
      const rest = (reading: AsyncIterator<ContactEvent>) =>
        collect({ [Symbol.asyncIterator]: () => reading });
      await expect(rest(readings[0]!)).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringContaining('removed while they were read'),
      });
      expect(await rest(readings[1]!)).toHaveLength((await collect(store.events())).length - 1);
      expect(await rest(ofView)).toHaveLength(total - 1);
      await view.close();
      await store.close();
    });

    it('finishes what was written to files, and not removed', async () => {
      const { url, store, model } = await filled(place.server.freshUrl());
      const to = freshFolder();
      const failing = over(store.archive!, {
        remove: () => Promise.reject(new TallyboardError('STORE_UNAVAILABLE', 'cut off')),
      });
      await expect(archiveEvents(failing, to, BEFORE)).rejects.toThrow('cut off');
      await appendToBoth({ store, model }, [{ ...initial(5001), id: 1, at: START + MINUTE }]);
      expect((await prune(url, { to })).code).toBe(0);
      await expectAllOnce(store, to, model);
      expect(rowsOf(await collect(store.events())).length).toBe(EVENTS.length - OLD);
      await store.close();
    });
  };
}
