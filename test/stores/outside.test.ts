import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { addEngines, createReader, createStore } from '../../src/stores/index.js';
import { loadOutside } from '../../src/stores/shared/outside.js';
import { SILENT } from './shared/support.js';

const folder = mkdtempSync(join(tmpdir(), 'tallyboard-outside-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

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
  [
    'no promises',
    `{ ${PARTS.map((part) => `${part}() {}`)}, promises: null, limits: {} }`,
    /made no whole store: promises are missing$/,
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
  if (!['half', 'no promises'].includes(name)) {
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
  ['mysql', 'mariadb:'],
  ['pg', 'postgres:'],
  ['postgresql', 'postgres:'],
  ['neo4j+s', 'neo4j: with ?tls=on'],
  ['bolt+ssc', 'bolt: with ?tls-ca=FILE'],
])('%s: is told that %s may be meant', async (scheme, meant) => {
  await expect(createStore(`${scheme}://x/y`, { log: SILENT })).rejects.toMatchObject({
    code: 'STORE_URL_INVALID',
    message: expect.stringContaining(`(did you mean ${meant}?)`),
  });
});

it('a package that is there for import alone is to be named by its file', async () => {
  const at = join(folder, 'node_modules', 'import-only');
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'package.json'), '{"type":"module","exports":{".":{"import":"./index.js"}}}');
  writeFileSync(join(at, 'index.js'), 'export const createStore = () => undefined;');
  vi.spyOn(process, 'cwd').mockReturnValue(folder);
  await expect(loadOutside('acme', 'import-only')).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('name its file, as in ./node_modules/'),
  });
  await expect(loadOutside('acme', join(at, 'index.js'))).resolves.toBeDefined();
});

it.each(['null', "'words'", '{ message: 5 }'])('a module that throws %s is refused', async (thrown) => {
  const module = moduleOf(`throws-${thrown.length}`, `throw ${thrown};`);
  await expect(loadOutside('acme', module)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});
