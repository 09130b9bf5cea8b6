import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { addEngines, createReader, createStore } from '../../src/stores/index.js';
import { loadOutside } from '../../src/stores/shared/outside.js';
import { SILENT } from './shared/support.js';

const folder = mkdtempSync(join(tmpdir(), 'tallyboard-outside-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => void vi.useRealTimers());

function moduleOf(name: string, text: string): string {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, text);
  return path;
}

it('a module that never settles is given up in time', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const loading = loadOutside('acme', moduleOf('never', 'await new Promise(() => {});'));
  const refused = expect(loading).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(
      /'acme:' cannot be loaded from .*never\.mjs': it was not loaded within 30 s/,
    ),
  });
  await vi.advanceTimersByTimeAsync(30_000);
  await refused;
});

const PARTS = ['open', 'close', 'events', 'append', 'tallyOfSymbol', 'talliesOfRange', 'unmatched'];

it.each([
  ['nothing', 'undefined', /made no whole store: .*append.*promises/],
  ['a promise', 'Promise.resolve({})', /made a promise, and must answer with the store itself/],
  [
    'half',
    `{ ${PARTS.filter((part) => part !== 'append').map((part) => `${part}() {}`)}, promises: {} }`,
    /made no whole store: append, limits are missing$/,
  ],
])('an engine whose createStore makes %s is refused by what is missing', async (name, made, message) => {
  const scheme = name.replaceAll(' ', '-');
  const path = moduleOf(
    scheme,
    `export const createStore = () => (${made}); export const createReader = createStore;`,
  );
  addEngines(`${scheme}=${path}`);
  const refusal = { code: 'CONFIG_INVALID', message: expect.stringMatching(message) };
  await expect(createStore(`${scheme}:x`, { log: SILENT })).rejects.toMatchObject(refusal);
  if (name !== 'half') {
    await expect(createReader(`${scheme}:x`, { log: SILENT })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  }
});

it('a scheme may have any name, and is unknown where no engine has it', async () => {
  const unknown = { code: 'STORE_URL_INVALID' };
  await expect(createStore('__proto__:x', { log: SILENT })).rejects.toMatchObject(unknown);
  await expect(createStore('constructor:x', { log: SILENT })).rejects.toMatchObject({
    ...unknown,
    message: expect.stringContaining("no store is called 'constructor:'"),
  });
  expect(addEngines('constructor=./acme.js')).toEqual(['constructor']);
});

it.each([
  ['mysql', 'mariadb'],
  ['pg', 'postgres'],
  ['postgresql', 'postgres'],
])('%s: is told that %s: may be meant', async (scheme, meant) => {
  await expect(createStore(`${scheme}://x/y`, { log: SILENT })).rejects.toMatchObject({
    code: 'STORE_URL_INVALID',
    message: expect.stringContaining(`(did you mean ${meant}:?)`),
  });
});
