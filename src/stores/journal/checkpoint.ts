import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventId, Uuid } from '../../domain/contact.js';
import { type ContactState, contactKey, EMPTY_VALUE, encodeContact, replayKey } from './contact-state.js';
import type { RollupEntry } from './rollups.js';

/** Operations handed to the database between two turns of the event loop. */
const OPERATIONS_A_TURN = 512;

/** Puts all that a checkpoint writes, giving way to requests. */
export async function putChanges(
  put: (key: Buffer, value: Buffer) => void,
  rollups: readonly RollupEntry[],
  contacts: ReadonlyMap<Uuid, ContactState>,
  replays: ReadonlyMap<Uuid, ReadonlySet<EventId>>,
): Promise<void> {
  let operations = 0;
  for (const { key, value } of rollups) put(key, value);
  for (const [uuid, state] of contacts) {
    put(contactKey(uuid), encodeContact(state));
    operations += 1;
    if (operations % OPERATIONS_A_TURN === 0) await nextTurn();
  }
  for (const [uuid, ids] of replays) for (const id of ids) put(replayKey(uuid, id), EMPTY_VALUE);
}
