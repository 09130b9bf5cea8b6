import { chown, mkdir, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { doctorCommand } from '../../src/cli/serve/doctor.js';
import { createStore } from '../../src/stores/index.js';
import { temporaryFolder } from '../transfer/support.js';
import { freshJournal, log, run } from './running.js';

const folder = await temporaryFolder();
const LINUX = process.platform === 'linux';
const ROOT = process.getuid?.() === 0;

async function examine(given: Record<string, unknown>) {
  const { code, stdout } = await run(doctorCommand, given);
  return { code, lines: stdout.split('\n') };
}

describe('doctor', () => {
  it('finds nothing to do about a store that is to be made, and makes none', async () => {
    const { lines } = await examine({ store: `journal:${join(folder, 'new')}` });
    expect(lines).toContain('ok    network      on 127.0.0.1, nothing stands open to other machines');
    expect(lines).toContain(`ok    permissions  this user may write to ${folder}`);
    expect(lines).toContainEqual(
      expect.stringMatching(/^ok {4}store .*there is nothing yet, serve begins it$/),
    );
    expect(await readdir(folder)).not.toContain('new');
  });

  it('says what stands open, and of a store that keeps nothing that it does', async () => {
    const { code, lines } = await examine({ store: 'null:', host: '0.0.0.0' });
    expect(lines).toContainEqual(expect.stringMatching(/^TO DO network .*without a token, .*set the tokens/));
    expect(lines).toContainEqual(expect.stringMatching(/^TO DO store .*choose another store/));
    expect(code).toBe(1);
  });

  it.skipIf(!LINUX)('says how many files have to be allowed (skipped elsewhere than on Linux)', async () => {
    const { lines } = await examine({ store: 'null:', connectionsMax: 2_000_000_000 });
    expect(lines).toContainEqual(expect.stringMatching(/^TO DO open files .*allow 2000000300/));
  });

  it('opens what is there, and says who has it', async () => {
    const url = freshJournal(folder);
    const store = await createStore(url, { log });
    await store.open();
    expect((await examine({ store: url })).lines).toContainEqual(
      expect.stringMatching(/^ok {4}store .*a server has it; tallyboard status says/),
    );
    await store.close();
    expect((await examine({ store: url })).lines).toContainEqual(
      expect.stringMatching(/^ok {4}store .*can be opened; what it acknowledges survives a cut of power$/),
    );
  });

  it('says that the clock is behind the journal, and what cannot be opened', async () => {
    const url = freshJournal(folder);
    const journal = join(url.slice('journal:'.length), 'journal');
    const store = await createStore(url, { log });
    await store.open();
    await store.close();
    const later = new Date(Date.now() + 3_600_000);
    for (const name of await readdir(journal)) await utimes(join(journal, name), later, later);
    expect((await examine({ store: url })).lines).toContainEqual(
      expect.stringMatching(/^TO DO clock .*the journal was written at .*set it right/),
    );
    expect((await examine({ store: `sqlite:${join(folder, 'nowhere', 'none.db')}` })).lines).toContainEqual(
      expect.stringMatching(/^TO DO store .*cannot be opened: there is no folder '.*nowhere': make it/),
    );
    // Nobody listens there, whether its folder is there or not.
    const away = `amqp://127.0.0.1:1/?data=${join(folder, 'away')}`;
    expect(await examine({ store: away })).toMatchObject({
      code: 1,
      lines: expect.arrayContaining([
        expect.stringMatching(/^TO DO store .*cannot be opened: .*ECONNREFUSED/),
      ]),
    });
  });

  it.skipIf(!ROOT)('as root leaves what another user has as it is (skipped without root)', async () => {
    const place = join(folder, 'other');
    await mkdir(place);
    await chown(place, 65534, 65534);
    const { lines } = await examine({ store: `journal:${place}` });
    expect(lines).toContainEqual(
      expect.stringMatching(/^\? {5}permissions .*run this as the user of the server$/),
    );
    expect(await readdir(place)).toEqual([]);
  });
});
