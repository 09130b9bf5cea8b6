import { afterEach, describe, expect, test } from 'vitest';
import { Model } from '../../src/contract/model.js';
import type { OverviewAnswer } from '../../src/http/routes/dashboard-schemas.js';
import { startTestServer, type TestServer } from './support.js';
import { bearer, DASHBOARD, send, TOKENS } from './token-client.js';

let server: TestServer;
afterEach(() => server.stop());

const AUTHORISED = { ...bearer(DASHBOARD), 'content-type': 'application/json' };
const post = (path: string, body: object, headers: Record<string, string> = AUTHORISED) =>
  send(server, path, { method: 'POST', headers, body: JSON.stringify(body) });
const codeOf = ({ text }: { text: string }) => (JSON.parse(text) as { code?: string }).code;

describe('notes', () => {
  test('are added, stand in the overview of their range, and are removed', async () => {
    server = await startTestServer({ tokens: TOKENS });
    const taken = await post('/dashboard/notes', {
      at: '2017-06-28T02:00',
      tz: 'Europe/Berlin',
      text: ' Grüße 👩‍🚒 ',
    });
    expect(taken.status).toBe(201);
    const note = JSON.parse(taken.text) as { id: string };
    expect(note).toEqual({ id: note.id, at: '2017-06-28 00:00:00.000000', text: 'Grüße 👩‍🚒' });
    // A repetition is no other one.
    expect(
      JSON.parse((await post('/dashboard/notes', { at: '2017-06-28', text: 'Grüße 👩‍🚒' })).text),
    ).toEqual(note);
    await post('/dashboard/notes', { at: '2017-06-27', text: 'before' });
    const list = await send(server, '/dashboard/notes', { headers: AUTHORISED });
    expect(list.headers['cache-control']).toBe('no-store');
    expect((JSON.parse(list.text) as { text: string }[]).map(({ text }) => text)).toEqual([
      'before',
      'Grüße 👩‍🚒',
    ]);
    const overview = async () => {
      const { text } = await send(server, '/dashboard/overview/2017-06-28/2017-06-29?every=day', {
        headers: AUTHORISED,
      });
      return JSON.parse(text) as OverviewAnswer;
    };
    expect(await overview()).toMatchObject({ keepsNotes: true, notes: [note] });
    const path = `/dashboard/notes/${note.id}`;
    expect((await send(server, path, { method: 'DELETE', headers: bearer(DASHBOARD) })).status).toBe(204);
    expect((await overview()).notes).toEqual([]);
    expect(codeOf(await send(server, path, { method: 'DELETE', headers: bearer(DASHBOARD) }))).toBe(
      'NOTE_UNKNOWN',
    );
  });

  test.each([
    [{ text: 'x' }, 'NOTE_INVALID'],
    [{ at: '2017-06-28' }, 'NOTE_INVALID'],
    [{ at: '2017-06-28', text: '  ' }, 'NOTE_INVALID'],
    [{ at: '2017-06-28', text: 'two\nlines' }, 'NOTE_INVALID'],
    [{ at: '2017-06-28', text: 'x'.repeat(201) }, 'NOTE_INVALID'],
    [{ at: '2017-06-28', text: 'half \ud83d' }, 'NOTE_INVALID'],
    [{ at: '2017-06-28', text: 'two\u2028lines' }, 'NOTE_INVALID'],
    [{ at: '2017-06-28', text: 'turned \u202e round' }, 'NOTE_INVALID'],
    [{ at: '2017-06-28', text: '\u200b\u2060\u3164' }, 'NOTE_INVALID'],
    [{ at: 'never', text: 'x' }, 'BOUND_INVALID'],
    [{ at: '2017-06-28', text: 'x', tz: 'Mars/Olympus' }, 'ZONE_UNKNOWN'],
    [{ at: 20170628, text: 'x' }, 'FIELD_INVALID'],
    [[], 'BODY_INVALID'],
  ])('refuse %j', async (body, code) => {
    server = await startTestServer({ tokens: TOKENS });
    expect(codeOf(await post('/dashboard/notes', body))).toBe(code);
    expect(JSON.parse((await send(server, '/dashboard/notes', { headers: AUTHORISED })).text)).toEqual([]);
  });

  test('ask for the token, come from no other site, and are refused by a store without', async () => {
    server = await startTestServer({ tokens: TOKENS });
    const body = { at: '2017-06-28', text: 'x' };
    expect((await post('/dashboard/notes', body, { 'content-type': 'application/json' })).status).toBe(401);
    const foreign = { ...AUTHORISED, 'sec-fetch-site': 'cross-site' };
    expect(codeOf(await post('/dashboard/notes', body, foreign))).toBe('CROSS_SITE');
    await server.stop();
    class Forgetful extends Model {
      override documents = undefined as never;
      override keepDocument = undefined as never;
    }
    server = await startTestServer({ store: new Forgetful() });
    const { status, text } = await post('/dashboard/notes', body);
    expect([status, codeOf({ text })]).toEqual([409, 'DOCUMENTS_UNSUPPORTED']);
    const overview = await send(server, '/dashboard/overview/2017-06-28/2017-06-29?every=day');
    expect(JSON.parse(overview.text)).toMatchObject({ keepsNotes: false, notes: [] });
  });
});

describe('a shared link', () => {
  const secretOf = (path: string) => new URL(path, server.url).searchParams.get('share')!;
  const create = async (body: object) => {
    const { status, text } = await post('/dashboard/shares', body);
    expect(status).toBe(201);
    return JSON.parse(text) as { path: string };
  };

  test('reads numbers without the token, and nothing else, until it is withdrawn', async () => {
    const store = new Model();
    server = await startTestServer({ tokens: TOKENS, store });
    const { path } = await create({ name: 'the wall' });
    const share = `share=${secretOf(path)}`;
    const statusOf = async (target: string, method: 'GET' | 'POST' | 'DELETE' = 'GET') =>
      (await send(server, target, { method })).status;
    const range = '2017-06-28/2017-06-29';
    const readable = [
      `/dashboard/overview/${range}?every=day&${share}`,
      `/dashboard/series/${range}?every=day&${share}`,
      `/dashboard/summary/${range}?${share}`,
      `/dashboard/guesses/${range}?${share}`,
      `/dashboard/range/${range}?${share}`,
      `/dashboard/symbol/e?${share}`,
      `/dashboard/notes?${share}`,
    ];
    for (const target of readable) expect([target, await statusOf(target)]).toEqual([target, 200]);
    for (const target of [
      `/events?${share}`,
      `/dashboard/live?${share}`,
      `/dashboard/shares?${share}`,
      `/dashboard/about?${share}`,
      `/events/00000000-0000-4000-8000-000000000000?${share}`,
    ]) {
      expect([target, await statusOf(target)]).toEqual([target, 401]);
    }
    expect(await statusOf(`/dashboard/notes?${share}`, 'POST')).toBe(401);
    expect(await statusOf(`/dashboard/notes/x?${share}`, 'DELETE')).toBe(401);
    // The store has nothing by which it could be opened.
    expect([...(await store.documents('share')).values()].join()).not.toContain(secretOf(path));
    const list = await send(server, '/dashboard/shares', { headers: AUTHORISED });
    expect(JSON.parse(list.text)).toEqual([
      { name: 'the wall', embed: false, createdAt: expect.any(String) },
    ]);
    const revoke = () =>
      send(server, '/dashboard/shares/the%20wall', { method: 'DELETE', headers: bearer(DASHBOARD) });
    expect((await revoke()).status).toBe(204);
    for (const target of readable) {
      const { status, text } = await send(server, target);
      expect([status, codeOf({ text })]).toEqual([401, 'LINK_WITHDRAWN']);
    }
    expect(codeOf(await revoke())).toBe('SHARE_UNKNOWN');
  });

  test('may be framed where it was made so, and only there', async () => {
    server = await startTestServer({
      tokens: TOKENS,
      pageFolder: new URL('../../web', import.meta.url).pathname,
    });
    const [framed, plain] = [await create({ name: 'wiki', embed: 'yes' }), await create({ name: 'wall' })];
    expect(framed.path).toMatch(/^\/\?share=[\w-]{32}&embed=chart$/);
    const policyOf = async (path: string) => {
      const { headers } = await send(server, path, { headers: { accept: 'text/html' } });
      return String(headers['content-security-policy']);
    };
    expect(await policyOf(framed.path)).toContain('frame-ancestors *');
    expect(await policyOf(plain.path)).toContain("frame-ancestors 'none'");
    const refused = ['/?share=wrong&embed=chart', '/dashboard/symbol/e?share=wrong', '/dashboard/nothing'];
    const data = framed.path.replace('/?', '/dashboard/symbol/e?');
    for (const path of [...refused, data]) {
      expect(await policyOf(path)).toContain("frame-ancestors 'none'");
    }
  });

  test.each([
    [{}, 'SHARE_INVALID'],
    [{ name: '  ' }, 'SHARE_INVALID'],
    [{ name: '.' }, 'SHARE_INVALID'],
    [{ name: ' .. ' }, 'SHARE_INVALID'],
    [{ name: 'a/b' }, 'SHARE_INVALID'],
    [{ name: 'x'.repeat(41) }, 'SHARE_INVALID'],
    [{ name: 'taken' }, 'SHARE_TAKEN'],
    [{ name: ' taken ' }, 'SHARE_TAKEN'],
  ])('of %j is refused', async (body, code) => {
    server = await startTestServer({ tokens: TOKENS });
    await create({ name: 'taken' });
    expect(codeOf(await post('/dashboard/shares', body))).toBe(code);
  });
});

describe('what is kept', () => {
  test('that cannot be read is left out, and the log is told once', async () => {
    const store = new Model();
    const wrong = ['{', 'null', '{}', '[]', '"text"', '{"at":"never","text":"x"}', '{"name":"x"}'];
    for (const [index, text] of wrong.entries()) {
      for (const kind of ['note', 'share'] as const) await store.keepDocument(kind, `wrong-${index}`, text);
    }
    server = await startTestServer({ tokens: TOKENS, store });
    const ofNobody = '/dashboard/summary/2017-06-28/2017-06-29?share=of-nobody';
    expect(codeOf(await send(server, ofNobody))).toBe('LINK_WITHDRAWN');
    const { path } = JSON.parse((await post('/dashboard/shares', { name: 'wall' })).text) as { path: string };
    expect((await post('/dashboard/notes', { at: '2017-06-28', text: 'x' })).status).toBe(201);
    expect((await send(server, ofNobody.replace(/share=.*/, path.slice(2)))).status).toBe(200);
    for (const kept of ['notes', 'shares']) {
      const { text } = await send(server, `/dashboard/${kept}`, { headers: AUTHORISED });
      expect(JSON.parse(text)).toHaveLength(1);
    }
    const told = server.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields);
    const names = wrong.map((_, index) => `wrong-${index}`);
    expect(told).toEqual([
      { kind: 'share', names },
      { kind: 'note', names },
    ]);
  });

  test('changes one after the other: a name is taken once, and no more are kept than may be', async () => {
    server = await startTestServer({ tokens: TOKENS });
    const statuses = async (path: string, bodies: object[]) =>
      (await Promise.all(bodies.map((body) => post(path, body)))).map(({ status }) => status).sort();
    const same = Array.from({ length: 5 }, () => ({ name: 'wall' }));
    expect(await statuses('/dashboard/shares', same)).toEqual([201, 409, 409, 409, 409]);
    const others = Array.from({ length: 102 }, (_, index) => ({ name: `wall ${index}` }));
    const codes = await statuses('/dashboard/shares', others);
    expect([codes.filter((code) => code === 201).length, codes.at(-3), codes.at(-4)]).toEqual([99, 409, 201]);
  });

  test('leaves no link of a withdrawn name, though another server made one of it, too', async () => {
    const store = new Model();
    server = await startTestServer({ tokens: TOKENS, store });
    await post('/dashboard/shares', { name: 'wall' });
    await send(server, '/dashboard/shares', { headers: AUTHORISED });
    const [[name, text]] = [...(await store.documents('share'))] as [[string, string]];
    await store.keepDocument('share', `${name}-of-another`, text);
    const withdrawn = { method: 'DELETE' as const, headers: bearer(DASHBOARD) };
    expect((await send(server, '/dashboard/shares/wall', withdrawn)).status).toBe(204);
    expect(await store.documents('share')).toHaveProperty('size', 0);
  });
});
