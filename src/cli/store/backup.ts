import { TallyboardError } from '../../contract/errors.js';
import type { BackupCounts } from '../../contract/store.js';
import { backUpStore, createStore, restoreStore, shownUrl } from '../../stores/index.js';
import { type Command, ENGINE_FLAG, storeFlag } from '../terminal/command.js';
import { printCount, printMegabytes } from '../terminal/progress.js';
import { prove } from './verify.js';

const STORE_FLAG = storeFlag('the store');

export const backupCommand: Command = {
  name: 'backup',
  summary:
    'Copy a journal to a directory, beside the server that writes it, and prove the copy: its raw events are folded, and compared with what the store answers. Run again with the same directory, it copies what is new only. Each file has its checksum in backup.json.',
  givesWay: true,
  arguments: [],
  flags: [
    STORE_FLAG,
    {
      name: 'to',
      value: 'DIR',
      description: 'where the backup is, or is to be: a directory of its own for each store',
      required: true,
    },
    ENGINE_FLAG,
  ],
  examples: [
    'tallyboard backup --store journal:./data --to /mnt/backups/tallyboard',
    'tallyboard restore --from /mnt/backups/tallyboard --store journal:./restored',
  ],
  async run(values, terminal) {
    const { store: url, to } = values as { store: string; to: string };
    const backup = await backUpStore(url, to);
    terminal.stdout.write(`${describeCounts(backup)} of ${shownUrl(url)}: backed up in ${to}.\n`);
    const view = await backup.openView().catch((error: unknown) => {
      const what = 'the backup is there, with the checksums of its files, and was not proved';
      throw new TallyboardError('STORE_UNAVAILABLE', what, { cause: error });
    });
    try {
      return await prove(view, { url }, terminal);
    } finally {
      await view.close();
    }
  },
};

export const restoreCommand: Command = {
  name: 'restore',
  summary:
    'Put a backup of a journal where there is none yet, compare each file with its checksum, make what follows from it, and prove it.',
  arguments: [],
  flags: [
    {
      name: 'from',
      value: 'DIR',
      description: 'the directory that tallyboard backup wrote',
      required: true,
    },
    STORE_FLAG,
    ENGINE_FLAG,
  ],
  examples: ['tallyboard restore --from /mnt/backups/tallyboard --store journal:./data'],
  async run(values, terminal) {
    const { store: url, from } = values as { store: string; from: string };
    const { log } = terminal;
    const counts = await restoreStore(url, from, { log });
    terminal.stdout.write(`${describeCounts(counts)} of ${from}: restored to ${shownUrl(url)}.\n`);
    const store = await createStore(url, { log, mustExist: true });
    try {
      await store.open();
      return await prove(store, { url }, terminal);
    } finally {
      await store.close();
    }
  },
};

function describeCounts({ events, files, bytes, filesCopied, bytesCopied }: BackupCounts): string {
  const copied = `${printCount(filesCopied)} copied now, ${printMegabytes(bytesCopied)}`;
  return `${printCount(events, 'event')} in ${printCount(files, 'file')}, ${printMegabytes(bytes)} (${copied}),`;
}
