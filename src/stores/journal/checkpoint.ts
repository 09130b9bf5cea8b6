import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventId, Uuid } from '../../domain/contact.js';
import { EMPTY_VALUE, encodeContact, newContact } from './contact-state.js';
import type { ContactTable } from './contact-table.js';
import { contactKey, KEY_UUID_AT, replayKey } from './keys.js';
import type { RollupEntry } from './rollups.js';
import type { RunWriter } from './runs/run-writer.js';

/** Contacts that are put between two turns of the event loop. */
const CONTACTS_A_TURN = 256;

const NIL_UUID = '00000000-0000-0000-0000-000000000000';

/** What a checkpoint writes. */
export interface CheckpointChanges {
  readonly rollups: readonly RollupEntry[];
  readonly contacts: ContactTable;
  readonly replays: ReadonlyMap<Uuid, ReadonlySet<EventId>>;
}

/** How many rows `putChanges` puts. */
export function rowsOf({ rollups, contacts, replays }: CheckpointChanges): number {
  let rows = rollups.length + contacts.size;
  for (const ids of replays.values()) rows += ids.size;
  return rows;
}

/** Puts all that a checkpoint writes, in the order of the keys, giving way to requests. */
export async function putChanges(
  writer: RunWriter,
  { rollups, contacts, replays }: CheckpointChanges,
): Promise<void> {
  const state = newContact();
  const key = contactKey(NIL_UUID);
  const rows = contacts.inOrder();
  for (let i = 0; i < rows.length; i += 1) {
    contacts.copyUuid(rows[i]!, key, KEY_UUID_AT);
    writer.put(key, encodeContact(contacts.read(rows[i]!, state)));
    if ((i + 1) % CONTACTS_A_TURN === 0) await nextTurn();
    if (writer.isDue) await writer.drain();
  }
  const others = [...rollups];
  for (const [uuid, ids] of replays) {
    for (const id of ids) others.push({ key: replayKey(uuid, id), value: EMPTY_VALUE });
  }
  others.sort((first, second) => first.key.compare(second.key));
  for (const { key: other, value } of others) {
    writer.put(other, value);
    if (writer.isDue) await writer.drain();
  }
}
