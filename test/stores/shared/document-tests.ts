import { expect, it } from 'vitest';
import { collect } from '../../../src/contract/conformance/answers.js';
import type { ServerKind } from '../../../src/contract/server-kind.js';
import type { Outcome } from '../../../src/contract/store.js';
import type { ContactEvent, InitialEvent } from '../../../src/domain/contact.js';
import { MINUTE, SECOND } from '../../../src/domain/time.js';
import { describeOnServer } from './engine-tests.js';
import { openStore } from './support.js';

const START = Date.UTC(2024, 0, 1) * 1000;
/** More than a batch has answers. */
const REPLIES_MAX = 40;

/** What every engine with atomic documents and no transactions is held to besides. */
export function describeDocumentEngine(
  name: string,
  missing: string | null,
  kind: ServerKind,
  nameOption: string,
): void {
  describeOnServer(`${name}, document by document`, missing, kind, nameOption, (place) => {
    it('loses and doubles nothing when the connection is cut in the place of each answer in turn', async () => {
      const url = place.server.freshUrl(place.proxy.port);
      const cutOff = await openStore(url);
      const other = await openStore(url.replace(`:${place.proxy.port}`, `:${place.server.port}`));
      const stored: ContactEvent[] = [];
      let cutBatches = 0;
      for (let replies = 0; replies < REPLIES_MAX; replies += 1) {
        const batch = batchOf(replies);
        const cuts = place.proxy.cuts;
        place.proxy.cutAtReply(replies);
        const taken = await cutOff.append(batch).catch(codeOf);
        place.proxy.cutAtReply(Number.POSITIVE_INFINITY);
        if (typeof taken === 'string') {
          expect(['STORE_UNAVAILABLE', 'STORE_UNCERTAIN']).toContain(taken);
          const there = (await collect(other.events())).length;
          if (taken === 'STORE_UNAVAILABLE') expect(there).toBe(stored.length);
        } else {
          expect(taken).toEqual(OUTCOMES);
        }
        // The client asks again, and comes to the other server.
        expect(await other.append(batch)).toEqual(OUTCOMES);
        stored.push(...storedOf(batch));
        expect(await collect(other.events())).toEqual(stored);
        const { vowel } = await other.tallyOfSymbol('e');
        expect([vowel.count, vowel.followups]).toEqual([2 * (replies + 1), 2 * (replies + 1)]);
        if (place.proxy.cuts === cuts) break;
        cutBatches += 1;
      }
      // In the place of what contacts there are, what replays, that contacts are written, and that replays are.
      expect(cutBatches).toBeGreaterThanOrEqual(4);
      expect(cutBatches).toBeLessThan(REPLIES_MAX);
      await cutOff.close();
      await other.close();
    });

    it('has in the answers of each server at once what another one acknowledged', async () => {
      const url = place.server.freshUrl();
      const [one, other] = [await openStore(url), await openStore(url)];
      for (let n = 0; n < 20; n += 1) {
        await one.append(batchOf(n));
        expect((await other.tallyOfSymbol('e')).vowel.count).toBe(2 * (n + 1));
        expect(await other.replays!()).toBe(n + 1);
      }
      await one.close();
      await other.close();
    });

    it('takes from two servers at once what a client sends to both, once', async () => {
      const url = place.server.freshUrl();
      const [one, other] = [await openStore(url), await openStore(url)];
      const batches = Array.from({ length: 20 }, (_, n) => batchOf(n));
      for (const batch of batches) {
        const outcomes = await Promise.all([one.append(batch), other.append(batch)]);
        expect(outcomes).toEqual([OUTCOMES, OUTCOMES]);
      }
      expect(await collect((await openStore(url)).events())).toEqual(batches.flatMap(storedOf));
      const { vowel } = await one.tallyOfSymbol('e');
      expect([vowel.count, vowel.followups]).toEqual([40, 40]);
      expect([await one.replays!(), await one.unmatched()]).toEqual([20, 0]);
      await one.close();
      await other.close();
    });
  });
}

/** Two contacts of a minute: one with a replay, one whose followup came first; and another symbol, which is refused. */
function batchOf(n: number): ContactEvent[] {
  const at = START + n * MINUTE;
  const uuid = (which: number) => `00000000-0000-4000-800${which}-${n.toString(16).padStart(12, '0')}`;
  const initial = (which: number, id: number, seconds: number): InitialEvent => ({
    ...{ kind: 'initial', id, uuid: uuid(which), symbol: 'e', isVowel: true },
    ...{ at: at + seconds * SECOND, replay: false },
  });
  const followup = (which: number, id: number, seconds: number): ContactEvent => ({
    ...{ kind: 'followup', id, uuid: uuid(which) },
    ...{ at: at + seconds * SECOND, replay: false },
  });
  return [
    initial(1, 1, 1),
    followup(2, 1, 2),
    { ...initial(1, 2, 3), isVowel: false },
    followup(1, 3, 4),
    initial(2, 2, 5),
    { ...initial(2, 3, 6), symbol: 'x' },
  ];
}

const OUTCOMES: readonly Outcome[] = [
  { status: 'accepted', isVowel: true },
  { status: 'accepted', isVowel: false },
  { status: 'replayed', isVowel: true },
  { status: 'accepted', isVowel: false },
  { status: 'accepted', isVowel: true },
  { status: 'conflict', symbol: 'e' },
];

function storedOf(batch: readonly ContactEvent[]): ContactEvent[] {
  return batch
    .slice(0, -1)
    .map((event, i) => (i === 2 ? { ...(event as InitialEvent), isVowel: true, replay: true } : event));
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? String(error);
}
