import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { Model } from '../../src/contract/model.js';
import type { ContactEvent } from '../../src/domain/contact.js';
import { countOf, eventsOf, initial, initials, lines, openStore } from '../stores/journal/support.js';
import { findLosses, verify } from './check.js';
import { startLoad } from './load.js';
import { startServerProcess } from './server-process.js';
import { fillUp, mountSmallDisk, tryRun, unmountSmallDisk } from './small-disk.js';

const work = mkdtempSync(join(tmpdir(), 'tallyboard-disk-'));
const disk = join(work, 'disk');
const BALLAST_BLOCK_BYTES = 64 << 10;
const noDisk = mountSmallDisk(disk, '48m');
const noStrace = tryRun('strace', '-V') ? undefined : 'install the package strace';
for (const missing of [noDisk, noStrace]) {
  if (missing !== undefined && process.env.REQUIRE_ENGINES === '1')
    throw new Error(`disk faults cannot be tested: ${missing}`);
}

afterAll(() => {
  unmountSmallDisk(disk);
  rmSync(work, { recursive: true, force: true });
});

describe.skipIf(noDisk !== undefined)(
  `a full disk${noDisk === undefined ? '' : ` (skipped: ${noDisk})`}`,
  () => {
    it('refuses the batch, shows nothing of it, answers on, and takes events again by itself', async () => {
      const log = lines();
      const store = await openStore(`journal:${join(disk, 'full')}?checkpoint-milliseconds=50`, log);
      await store.append(initials(0, 1000));
      const ballast = join(disk, 'ballast');
      fillUp(ballast, BALLAST_BLOCK_BYTES);

      let logged = 1000;
      let refusals = 0;
      for (let i = 0; i < 10; i += 1) {
        try {
          await store.append(initials(logged, logged + 4000));
          logged += 4000;
        } catch (error) {
          expect(error).toMatchObject({
            code: 'STORE_UNAVAILABLE',
            message: /nothing was stored/,
            cause: { code: 'ENOSPC' },
          });
          refusals += 1;
        }
        // A checkpoint is tried, and fails, meanwhile.
        await pause(60);
        expect(await countOf(store)).toBe(logged);
        const whole = await store.talliesOfRange({
          lower: initial(0).at,
          upper: initial(0).at + 86_400_000_000,
        });
        expect(whole[4]!.vowel.count).toBe(logged);
      }
      expect(refusals).toBeGreaterThan(0);
      expect(await eventsOf(store)).toEqual(initials(0, logged));
      expect(
        log.lines.filter((line) => line.message.includes('journal cannot be written')).length,
      ).toBeGreaterThan(0);

      rmSync(ballast);
      await store.append(initials(logged, logged + 4000));
      logged += 4000;
      await waitFor(
        () =>
          !refusedLast(log) || log.lines.some((line) => line.message === 'checkpoints can be written again'),
      );
      expect(await countOf(store)).toBe(logged);
      await store.close();
      const again = await openStore(`journal:${join(disk, 'full')}`, log);
      expect(await countOf(again)).toBe(logged);
      expect(await eventsOf(again)).toEqual(initials(0, logged));
      await again.close();
      rmSync(join(disk, 'full'), { recursive: true });
    });

    it('keeps tallies and events together while the disk fills and empties under it', async () => {
      // Zeros written ahead would take the events of all rounds.
      const options =
        'ahead-bytes=0&page-bytes-max=1048576&checkpoint-contacts=300&checkpoint-milliseconds=20';
      const store = await openStore(`journal:${join(disk, 'both')}?${options}`);
      const model = new Model();
      const ballast = join(disk, 'ballast');
      let refused = 0;
      let next = 0;
      for (let round = 0; round < 400; round += 1) {
        if (round % 40 === 10) fillUp(ballast, BALLAST_BLOCK_BYTES);
        if (round % 40 === 25) rmSync(ballast, { force: true });
        // Contacts of every hour of 60 days, and followups of old ones: pages come and go.
        const batch = Array.from({ length: 50 }, (): ContactEvent => {
          next += 1;
          const { uuid } = initial(next % 3 === 0 ? Math.ceil(next / 2) : next);
          const at = initial(0).at + ((next * 7919) % (60 * 24)) * 3_600_000_000;
          const common = { id: next, uuid, at, replay: false };
          return next % 3 === 0
            ? { kind: 'followup', ...common }
            : { kind: 'initial', symbol: 'e', isVowel: true, ...common };
        });
        for (let attempt = 0; ; attempt += 1) {
          // A client that tries again has new event ids: nothing of the refused batch may be there.
          const sent = batch.map((event) => ({ ...event, id: event.id + attempt * 1_000_000 }));
          const outcomes = await store.append(sent).catch(() => undefined);
          if (outcomes !== undefined) {
            expect(outcomes).toEqual(await model.append(sent));
            break;
          }
          refused += 1;
          await pause(5);
          if (attempt === 3) rmSync(ballast, { force: true });
        }
        expect(await store.tallyOfSymbol('e')).toEqual(await model.tallyOfSymbol('e'));
      }
      expect(refused).toBeGreaterThan(5);
      rmSync(ballast, { force: true });
      await store.close();
      const again = await openStore(`journal:${join(disk, 'both')}`);
      const range = { lower: initial(0).at, upper: initial(0).at + 61 * 86_400_000_000 };
      expect(await again.talliesOfRange(range)).toEqual(await model.talliesOfRange(range));
      expect(await eventsOf(again)).toEqual(await eventsOf(model));
      await again.close();
      rmSync(join(disk, 'both'), { recursive: true });
    });

    it('goes on in a new segment where the old one cannot be cut back', async () => {
      const store = await openStore(`journal:${join(disk, 'roll')}?segment-bytes=300000`);
      const ballast = join(disk, 'ballast');
      let logged = 0;
      for (let i = 0; i < 30; i += 1) {
        if (i % 10 === 5) fillUp(ballast, BALLAST_BLOCK_BYTES);
        if (i % 10 === 9) rmSync(ballast);
        await store.append(initials(logged, logged + 2000)).then(
          () => {
            logged += 2000;
          },
          (error: Error) => expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' }),
        );
      }
      expect(logged).toBeGreaterThan(30_000);
      await store.close();
      const again = await openStore(`journal:${join(disk, 'roll')}`);
      expect(await eventsOf(again)).toEqual(initials(0, logged));
      await again.close();
      rmSync(join(disk, 'roll'), { recursive: true });
    });
  },
);

describe.skipIf(noStrace !== undefined)(
  `failing syncs${noStrace === undefined ? '' : ` (skipped: ${noStrace})`}`,
  () => {
    it.each([
      ['fdatasync, after each write, fails now and then', 'fdatasync', '25+9'],
      ['fsync, of new segments and their directory, fails now and then', 'fsync', '11+3'],
      ['writes that sync fail now and then', 'pwrite64', '30+11'],
    ])(
      '%s: what was refused is not there, what was acknowledged is',
      { timeout: 900_000 },
      async (_, call, when) => {
        expect(await refusesUnder(call, when)).toBe(true);
      },
    );

    it('fdatasync, after each write, fails once: what was refused is not there, what was acknowledged is', async () => {
      // One failure alone may strike a checkpoint, which refuses nothing: then the next server is tried, with
      // another sync, lest it is always a checkpoint's.
      for (let when = 40; !(await refusesUnder('fdatasync', `${when}`)); when += 1) {
        expect(when).toBeLessThan(50);
      }
    }, 1_200_000);
  },
);

/**
 * Puts a server under load while its syncs fail, kills it, and looks for what it lost. Answers whether an
 * event was refused meanwhile.
 */
async function refusesUnder(call: string, when: string): Promise<boolean> {
  const options = 'segment-bytes=262200&checkpoint-milliseconds=200';
  const store = `journal:${mkdtempSync(join(work, 'sync-'))}?${options}&separate-sync=${call === 'fdatasync' ? 1 : 0}`;
  const wrapper = [
    // strace counts the calls of each thread for itself.
    'env',
    'UV_THREADPOOL_SIZE=1',
    'strace',
    '--seccomp-bpf',
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    `trace=${call}`,
    '-e',
    `inject=${call}:error=EIO:when=${when}`,
  ];
  const server = await startServerProcess(store, wrapper);
  const load = startLoad(server.url);
  await waitFor(() => server.log.some((line) => /EIO|I\/O error|Input\/output/.test(String(line.reason))));
  // What fails again and again strikes an event in the end; what fails once has done so by now, or never will.
  const refusedMillisecondsMax = when.includes('+') ? 90_000 : 5000;
  for (let waited = 0; waited < refusedMillisecondsMax && load.refused.size === 0; waited += 20) {
    await pause(20);
  }
  await pause(1000);
  await waitFor(() => load.acknowledged.size > 100);
  // Killed, so that nothing is put right at leisure. The signal is for the server, not for strace.
  const [serverId] = execFileSync('pgrep', ['-P', String(server.child.pid)], { encoding: 'utf8' }).split(
    '\n',
  );
  process.kill(Number(serverId), 'SIGKILL');
  await server.end('SIGTERM');
  await load.stop();
  expect(load.wrongReplays).toEqual([]);
  expect(await findLosses(store, load.snapshot(), load.refused)).toEqual([]);
  expect(await verify(store)).toBeUndefined();
  return load.refused.size > 0;
}

function refusedLast(log: ReturnType<typeof lines>): boolean {
  return log.lines.some((line) => line.message.includes('checkpoint could not be written'));
}

async function waitFor(done: () => boolean): Promise<void> {
  for (let waited = 0; waited < 240_000 && !done(); waited += 20) await pause(20);
  expect(done()).toBe(true);
}
