import { afterEach, describe, expect, test } from 'vitest';
import { Model } from '../../src/contract/model.js';
import type { EventArchive } from '../../src/contract/store-archive.js';
import { answerOf, expectTaken, startTestServer, type TestServer } from './support.js';
import { uuid } from './table.js';

let server: TestServer;
afterEach(() => server.stop());

const get = (path: string) => answerOf(server, path);
const post = (path: string) => expectTaken(server, path);

describe('the story of a contact', () => {
  test('is its events in time order, whatever case its uuid is in', async () => {
    server = await startTestServer();
    const id = 'abcdefab-cdef-4bcd-8fab-cdefabcdefab';
    await post(`/initial?uuid=${id}&symbol=y`);
    await post(`/initial?uuid=${uuid(2)}&symbol=e`);
    await post(`/followup?uuid=${id}`);
    await post(`/followup?uuid=${id}`);
    const { status, text, headers } = await get(`/events/${id.toUpperCase()}`);
    expect({ status, story: JSON.parse(text), cache: headers['cache-control'] }).toEqual({
      status: 200,
      story: {
        uuid: id,
        events: [
          {
            uuid: id,
            symbol: 'y',
            is_vowel: true,
            url: 'initial',
            date: '2017-06-28 19:34:14.486693',
            replay: false,
          },
          {
            uuid: id,
            symbol: null,
            is_vowel: null,
            url: 'followup',
            date: '2017-06-28 19:34:16.486693',
            replay: false,
          },
          {
            uuid: id,
            symbol: null,
            is_vowel: null,
            url: 'followup',
            date: '2017-06-28 19:34:17.486693',
            replay: true,
          },
        ],
        leftOut: 0,
        removedBefore: null,
      },
      cache: 'no-store',
    });
  });

  test('has an end, and says how much it leaves out', async () => {
    const store = new Model();
    const replays = Array.from({ length: 1023 }, (_, at) => ({
      kind: 'followup' as const,
      id: at,
      uuid: uuid(1),
      at,
      replay: at > 0,
    }));
    await store.append(replays);
    server = await startTestServer({ store });
    const story = JSON.parse((await get(`/events/${uuid(1)}`)).text);
    expect({ told: story.events.length, leftOut: story.leftOut }).toEqual({ told: 1000, leftOut: 23 });
  });

  test('says from before when events are gone, where its initial may be among them', async () => {
    const removed = { before: 1_704_412_800_000_000, discardedBefore: null };
    const archive = { removed: async () => removed } as unknown as EventArchive;
    server = await startTestServer({ store: Object.assign(new Model(), { archive }) });
    await post(`/followup?uuid=${uuid(1)}`);
    const story = async () => JSON.parse((await get(`/events/${uuid(1)}`)).text).removedBefore;
    expect(await story()).toBe('2024-01-05 00:00:00.000000');
    await post(`/initial?uuid=${uuid(1)}&symbol=e`);
    expect(await story()).toBeNull();
    expect((await get(`/events/${uuid(2)}`)).text).toContain(
      'before 2024-01-05 00:00:00.000000 UTC are not here',
    );
  });

  test.each([
    [uuid(9), 404, 'CONTACT_UNKNOWN'],
    ['9', 400, 'UUID_INVALID'],
    ['%00', 400, 'UUID_INVALID'],
  ])('of %s is a %i', async (id, status, code) => {
    server = await startTestServer();
    const reply = await get(`/events/${id}`);
    expect({ status: reply.status, code: JSON.parse(reply.text).code }).toEqual({ status, code });
  });
});
