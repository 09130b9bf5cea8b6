import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noteCommand } from '../../src/cli/ask/note.js';
import { shareCommand } from '../../src/cli/ask/share.js';
import { copyCommand } from '../../src/cli/store/copy.js';
import { startTestServer, type TestServer } from '../http/support.js';
import { freshDirectory, initials, openStore } from '../stores/journal/support.js';
import { run } from './running.js';

const TOKEN = 'a-token-of-the-dashboard';

describe('notes and shared links, from the command line', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ tokens: { dashboard: TOKEN } });
  });
  afterAll(() => server.stop());
  const say = async (command: typeof noteCommand, values: Record<string, unknown>) =>
    (await run(command, { url: server.url, dashboardToken: TOKEN, ...values })).stdout;

  it('notes are added, listed and removed', async () => {
    expect(await say(noteCommand, { action: 'list' })).toBe('There are no notes.\n');
    const added = await say(noteCommand, {
      action: 'add',
      what: 'Release',
      at: '2026-11-03T14:00',
      tz: 'Europe/Paris',
    });
    expect(added).toMatch(/^[0-9a-f]{12} {2}2026-11-03 13:00 UTC {2}Release\n$/);
    expect(await say(noteCommand, { action: 'list' })).toBe(added);
    const [id] = added.split(' ');
    expect(await say(noteCommand, { action: 'remove', what: id })).toBe(`The note ${id} is removed.\n`);
    await expect(say(noteCommand, { action: 'remove', what: id })).rejects.toMatchObject({
      code: 'NOTE_UNKNOWN',
    });
    await expect(say(noteCommand, { action: 'add' })).rejects.toThrow('note add needs the text');
    // Without a moment it is of now.
    expect(await say(noteCommand, { action: 'add', what: 'now' })).toContain(
      new Date().toISOString().slice(0, 10),
    );
  });

  it('links are made, listed and withdrawn', async () => {
    const link = (await say(shareCommand, { action: 'create', what: 'wall', embed: true })).trim();
    const share = new URL(link).searchParams.get('share');
    const asked = `${server.url}/dashboard/symbol/e?share=${share}`;
    expect((await fetch(asked)).status).toBe(200);
    expect(await say(shareCommand, { action: 'list' })).toMatch(/^wall {2}made 20.* UTC, may be framed\n$/);
    await expect(say(shareCommand, { action: 'create', what: 'wall' })).rejects.toMatchObject({
      code: 'SHARE_TAKEN',
    });
    expect(await say(shareCommand, { action: 'revoke', what: 'wall' })).toBe('The link wall is withdrawn.\n');
    expect((await fetch(asked)).status).toBe(401);
    expect(await say(shareCommand, { action: 'list' })).toBe('There are no shared links.\n');
  });

  it('are copied with a store', async () => {
    const [from, to] = [freshDirectory(), freshDirectory()].map((directory) => `journal:${directory}`);
    const store = await openStore(from!);
    await store.append(initials(0, 3));
    await store.keepDocument!('note', 'a', '{}');
    await store.close();
    const copied = await run(copyCommand, { from, to });
    expect(copied.stdout).toContain('Copied as well, notes and shared links: 1.');
    const copy = await openStore(to!);
    expect([...(await copy.documents!('note'))]).toEqual([['a', '{}']]);
    await copy.close();
    const without = await run(copyCommand, { from, to: 'null:' });
    expect(without.stderr).toContain('Left out, because null: keeps none, notes and shared links: 1.');
  });
});
