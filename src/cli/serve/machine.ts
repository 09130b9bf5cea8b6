import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readdir, readFile, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe } from '../../contract/errors.js';

/** What was found out of one thing. */
export interface Finding {
  readonly what: string;
  readonly state: 'fine' | 'toDo' | 'unknown';
  /** What was found, and, where there is something to do, what. */
  readonly says: string;
}

/** The finding on who may write where the store keeps its data. */
export const PERMISSIONS = 'permissions';

/** What a server opens besides its connections: files of the store, of the page, of its downloads. */
const OTHER_FILES = 300;

/** Whether as many files may be open as connections. */
export async function openFiles(connectionsMax: number): Promise<Finding> {
  const what = 'open files';
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const allowed = /^Max open files +(\d+|unlimited)/m.exec(limits)?.[1];
  if (allowed === undefined) {
    return { what, state: 'unknown', says: 'this system does not say how many may be open: ulimit -n does' };
  }
  const needed = connectionsMax + OTHER_FILES;
  if (allowed === 'unlimited' || Number(allowed) >= needed) {
    return { what, state: 'fine', says: `${allowed} may be open, for ${connectionsMax} connections` };
  }
  return {
    what,
    state: 'toDo',
    says: `${allowed} may be open, and --connections-max is ${connectionsMax}: allow ${needed} (ulimit -n, LimitNOFILE= of systemd), or set --connections-max ${Math.max(1, Number(allowed) - OTHER_FILES)}`,
  };
}

/** Whether the clock is kept right, and whether files of the store come from its future. */
export async function clock(folder: string | undefined): Promise<Finding> {
  const what = 'clock';
  const now = Date.now();
  const newest = folder === undefined ? 0 : await newestFile(join(folder, 'journal'));
  if (newest > now + AHEAD_MILLISECONDS_MAX) {
    return {
      what,
      state: 'toDo',
      says: `it says ${new Date(now).toISOString()}, and the journal was written at ${new Date(newest).toISOString()}: set it right before the server starts, or events are dated too early`,
    };
  }
  const asked = await promisify(execFile)('timedatectl', [
    'show',
    '--property=NTPSynchronized',
    '--value',
  ]).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
  switch (asked) {
    case 'yes':
      return { what, state: 'fine', says: 'it is synchronised' };
    case 'no':
      return {
        what,
        state: 'toDo',
        says: 'it is not synchronised, and gives events their dates: timedatectl set-ntp true, or install chrony',
      };
    default:
      return {
        what,
        state: 'unknown',
        says: `it says ${new Date(now).toISOString()}; whether it is synchronised cannot be asked here (timedatectl does not answer)`,
      };
  }
}

const AHEAD_MILLISECONDS_MAX = 2000;

async function newestFile(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const times = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return Math.max(0, ...times);
}

/** Ten million contacts in the journal, and what merges need meanwhile. */
const FREE_BYTES_MIN = 2e9;

/** File systems on which data are not safe, by their magic numbers. */
const UNSAFE: Readonly<Record<number, string>> = {
  16914836: 'tmpfs: it is gone at the next start of the machine',
  2240043254: 'ramfs: it is gone at the next start of the machine',
  2035054128: 'overlayfs: in a container it is gone with the container',
  26985: 'NFS: its locks do not keep a second server out',
  4283649346: 'CIFS: its locks do not keep a second server out',
  4266872130: 'SMB: its locks do not keep a second server out',
};

/** Whether the folder, or that in which it is to be made, may be written, lasts, and has room. */
export async function folderOf(folder: string): Promise<Finding[]> {
  let place = folder;
  while (!(await isThere(place)) && dirname(place) !== place) place = dirname(place);
  return [await permissions(place), await room(place)];
}

/** Whether there is a file or a folder. */
function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function permissions(place: string): Promise<Finding> {
  const what = PERMISSIONS;
  try {
    await access(place, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    return {
      what,
      state: 'toDo',
      says: `this user may not write to ${place}: run as its owner, or chown it (${describe(error)})`,
    };
  }
  const { uid } = await stat(place);
  if (process.getuid?.() === 0 && uid !== 0) {
    return {
      what,
      state: 'unknown',
      says: `root may write to ${place}, whose owner is user ${uid}: run this as the user of the server`,
    };
  }
  return { what, state: 'fine', says: `this user may write to ${place}` };
}

async function room(place: string): Promise<Finding> {
  const what = 'disk';
  const { bavail, bsize, files, ffree, type } = await statfs(place);
  const free = bavail * bsize;
  const unsafe = UNSAFE[type];
  if (unsafe !== undefined) {
    return { what, state: 'toDo', says: `${place} is on ${unsafe}; name a folder on a disk of this machine` };
  }
  if (free < FREE_BYTES_MIN || (files > 0 && ffree === 0)) {
    return {
      what,
      state: 'toDo',
      says: `${(free / 1e9).toFixed(1)} GB and ${ffree} files are free for ${place}: make room, a server that has none refuses events`,
    };
  }
  return { what, state: 'fine', says: `${(free / 1e9).toFixed(1)} GB are free for ${place}` };
}
