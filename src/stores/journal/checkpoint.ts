import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventId, Uuid } from '../../domain/contact.js';
import {
  CONTACT_KEY_UUID_AT,
  contactKey,
  EMPTY_VALUE,
  encodeContact,
  newContact,
  replayKey,
} from './contact-state.js';
import type { ContactTable } from './contact-table.js';
import type { RollupEntry } from './rollups.js';

/** Operations handed to the database between two turns of the event loop. */
const OPERATIONS_A_TURN = 64;
/** The same of pages, each of which takes as long to encode as many operations. */
const PAGES_A_TURN = 8;

const NIL_UUID = '00000000-0000-0000-0000-000000000000';

/** What a checkpoint writes. */
export interface CheckpointChanges {
  readonly rollups: readonly RollupEntry[];
  readonly contacts: ContactTable;
  readonly replays: ReadonlyMap<Uuid, ReadonlySet<EventId>>;
}

/** Puts all that a checkpoint writes, giving way to requests. `put` copies what it is given. */
export async function putChanges(
  put: (key: Buffer, value: Buffer) => void,
  { rollups, contacts, replays }: CheckpointChanges,
): Promise<void> {
  for (const [i, page] of rollups.entries()) {
    put(page.key, page.value());
    if ((i + 1) % PAGES_A_TURN === 0) await nextTurn();
  }
  const state = newContact();
  const key = contactKey(NIL_UUID);
  for (let row = 0; row < contacts.size; row += 1) {
    contacts.copyUuid(row, key, CONTACT_KEY_UUID_AT);
    put(key, encodeContact(contacts.read(row, state)));
    if ((row + 1) % OPERATIONS_A_TURN === 0) await nextTurn();
  }
  let count = 0;
  for (const [uuid, ids] of replays) {
    for (const id of ids) {
      put(replayKey(uuid, id), EMPTY_VALUE);
      count += 1;
      if (count % OPERATIONS_A_TURN === 0) await nextTurn();
    }
  }
}
