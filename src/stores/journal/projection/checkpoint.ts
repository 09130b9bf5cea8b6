import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventId, Uuid } from '../../../domain/contact.js';
import { ordered } from '../../../domain/ordered.js';
import type { Corrected } from '../log/corrections.js';
import type { RunWriter } from '../runs/run-writer.js';
import { EMPTY_VALUE, encodeContact, newContact } from './contact-state.js';
import type { ContactTable } from './contact-table.js';
import { contactKey, correctionKey, KEY_UUID_AT, replayKey } from './keys.js';
import type { RollupEntry } from './pages.js';

/** Rows that are put between two turns of the event loop. */
const ROWS_A_TURN = 256;
/** The same of pages, each of which takes as long to encode as many rows. */
const PAGES_A_TURN = 8;

const NIL_UUID = '00000000-0000-0000-0000-000000000000';

/** What changed since the last checkpoint. */
export interface CheckpointChanges {
  readonly rollups: readonly RollupEntry[];
  readonly contacts: ContactTable;
  readonly replays: ReadonlyMap<Uuid, ReadonlySet<EventId>>;
  readonly corrections: readonly Corrected[];
}

/** How many rows `putChanges` puts. */
export function rowsOf({ rollups, contacts, replays, corrections }: CheckpointChanges): number {
  let rows = rollups.length + contacts.size + corrections.length;
  for (const ids of replays.values()) rows += ids.size;
  return rows;
}

/** Puts all that a checkpoint writes, in the order of the keys, giving way to requests. */
export async function putChanges(
  writer: RunWriter,
  { rollups, contacts, replays, corrections }: CheckpointChanges,
): Promise<void> {
  const state = newContact();
  const key = contactKey(NIL_UUID);
  const rows = contacts.inOrder();
  for (let i = 0; i < rows.length; i += 1) {
    contacts.copyUuid(rows[i]!, key, KEY_UUID_AT);
    writer.put(key, encodeContact(contacts.read(rows[i]!, state)));
    if ((i + 1) % ROWS_A_TURN === 0) await nextTurn();
    if (writer.isDue) await writer.drain();
  }
  await putInOrder(writer, rollups, PAGES_A_TURN);
  const others: RollupEntry[] = [];
  for (const [uuid, ids] of replays) {
    for (const id of ids) {
      others.push({ key: replayKey(uuid, id), value: () => EMPTY_VALUE });
      if (others.length % ROWS_A_TURN === 0) await nextTurn();
    }
  }
  for (const [sequence, correction] of corrections) {
    others.push({ key: correctionKey(sequence), value: () => Buffer.of(correction) });
    if (others.length % ROWS_A_TURN === 0) await nextTurn();
  }
  await putInOrder(writer, others, ROWS_A_TURN);
}

/** Puts rows whose keys stand behind all that were put before. */
async function putInOrder(writer: RunWriter, rows: readonly RollupEntry[], rowsATurn: number): Promise<void> {
  const sorting = ordered(rows.length, (first, second) => rows[first]!.key.compare(rows[second]!.key));
  let step = sorting.next();
  for (; step.done !== true; step = sorting.next()) await nextTurn();
  for (const [i, at] of step.value.entries()) {
    writer.put(rows[at]!.key, rows[at]!.value());
    if ((i + 1) % rowsATurn === 0) await nextTurn();
    if (writer.isDue) await writer.drain();
  }
}
