import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rebuildCommand } from '../../src/cli/store/rebuild.js';
import { contactKey, PREFIX } from '../../src/stores/journal/projection/keys.js';
import { changeProjection } from '../stores/journal/projection-files.js';
import {
  countOf,
  flip,
  freshDirectory,
  initial,
  initials,
  openStore,
  segmentFiles,
} from '../stores/journal/support.js';
import { run } from './running.js';

const EVENTS = 2000;

/** A closed journal of two segments. */
async function written(): Promise<string> {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}?segment-bytes=270000`);
  for (let n = 0; n < 5 * EVENTS; n += EVENTS) await store.append(initials(n, n + EVENTS));
  await store.close();
  return directory;
}

const rebuild = (directory: string) => run(rebuildCommand, { store: `journal:${directory}` });

it('makes again what was wrong, says what it was, and proves what is there then', async () => {
  const directory = await written();
  await changeProjection(directory, (rows) => {
    rows.get(contactKey(initial(7).uuid))[0]! ^= 0x20;
  });
  const { code, stdout } = await rebuild(directory);
  expect(stdout.split('\n')).toEqual([
    `the contact ${initial(7).uuid}`,
    expect.stringContaining('expected'),
    expect.stringContaining('got'),
    expect.stringMatching(/^10,000 events of .*: 10,000 contacts, 0 unmatched\. Compared: /),
    expect.stringMatching(/^This is the store /),
    expect.stringMatching(/^1 difference: the raw events are right/),
    expect.stringMatching(/^Made again from the raw events in \d+\.\d s\.$/),
    expect.stringMatching(/^10,000 events of /),
    expect.stringMatching(/^This is the store /),
    'Every answer agrees with the raw events.',
    '',
  ]);
  expect(code).toBe(0);
  const store = await openStore(`journal:${directory}`);
  expect(await store.verification!()).toMatchObject({ differences: 0 });
  expect(await countOf(store)).toBe(5 * EVENTS);
  await store.close();
});

it('does so where there is nothing to compare, or what there is cannot be read', async () => {
  const directory = await written();
  await changeProjection(directory, (rows) => rows.cut(PREFIX.minutes));
  const damaged = await rebuild(directory);
  expect(damaged).toMatchObject({ code: 0, stdout: expect.stringContaining('could not be compared: ') });
  await rm(join(directory, 'projection'), { recursive: true });
  expect((await rebuild(directory)).code).toBe(0);
});

it('leaves what there is where the raw events cannot be read', async () => {
  const directory = await written();
  await flip((await segmentFiles(directory))[0]!, 1000);
  await expect(rebuild(directory)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  const store = await openStore(`journal:${directory}`);
  expect(await countOf(store)).toBe(5 * EVENTS);
  await store.close();
});

it('refuses a journal that a server has, one that is not there, and other stores', async () => {
  const directory = await written();
  const store = await openStore(`journal:${directory}`);
  await expect(rebuild(directory)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  await store.close();
  await expect(rebuild(freshDirectory())).rejects.toMatchObject({ code: 'STORE_MISSING' });
  await expect(run(rebuildCommand, { store: 'null:' })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('tallyboard copy'),
  });
});
