import { cp, mkdir, open, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dice } from '../../../../src/contract/conformance/dice.js';
import { filesOf, kindOf } from './flips.js';

/** What a fault is done to. */
export interface Site {
  readonly directory: string;
  /** Of a file below it. */
  readonly path: string;
  /** The same store as it was before. */
  readonly older: string;
  readonly dice: Dice;
}

const NOISE_BYTES = 300;

/**
 * What becomes of files beside the journal. Each answers with what was done, or undefined where it cannot be
 * done to this file.
 */
export const FAULTS: Readonly<Record<string, (site: Site) => Promise<string | undefined>>> = {
  async deleted({ directory, path }) {
    await rm(join(directory, path));
    return path;
  },

  async 'cut short'({ directory, path, dice }) {
    const { size } = await stat(join(directory, path));
    if (size === 0) return undefined;
    const bytes = dice.below(size);
    await truncate(join(directory, path), bytes);
    return `${path} to ${bytes} of ${size} bytes`;
  },

  async emptied({ directory, path }) {
    await truncate(join(directory, path), 0);
    return path;
  },

  async zeroed({ directory, path }) {
    const { size } = await stat(join(directory, path));
    await writeFile(join(directory, path), Buffer.alloc(size));
    return path;
  },

  async 'zeroed in part'({ directory, path, dice }) {
    const { size } = await stat(join(directory, path));
    if (size === 0) return undefined;
    const from = dice.below(size);
    const length = Math.min(4096, size - from);
    const handle = await open(join(directory, path), 'r+');
    await handle.write(Buffer.alloc(length), 0, length, from);
    await handle.close();
    return `${path} from byte ${from}`;
  },

  async 'made noise'({ directory, path, dice }) {
    const noise = Buffer.from(Array.from({ length: NOISE_BYTES }, () => dice.below(256)));
    await writeFile(join(directory, path), noise);
    return path;
  },

  async lengthened({ directory, path, dice }) {
    const length = 1 + dice.below(NOISE_BYTES);
    await writeFile(join(directory, path), Buffer.alloc(length, dice.below(256)), { flag: 'a' });
    return `${path} by ${length} bytes`;
  },

  async 'set back'({ directory, path, older, dice }) {
    // The older one of the same name, or else of the same kind.
    const there = await filesOf(older, 'beside');
    const same = there.filter((file) => file.path === path);
    const alike = there.filter((file) => kindOf(file.path) === kindOf(path));
    const found = same.length > 0 ? same : alike;
    if (found.length === 0) return undefined;
    const from = dice.pick(found).path;
    await cp(join(older, from), join(directory, path));
    return `${path}, by the older ${from}`;
  },

  async swapped({ directory, path, dice }) {
    // With another of its kind, so that each has what the other ought to have.
    const others = (await filesOf(directory, 'beside')).filter((file) => file.path !== path);
    const alike = others.filter((file) => kindOf(file.path) === kindOf(path));
    if (others.length === 0) return undefined;
    const other = dice.pick(alike.length > 0 ? alike : others).path;
    await rename(join(directory, path), join(directory, `${path}.spare`));
    await rename(join(directory, other), join(directory, path));
    await rename(join(directory, `${path}.spare`), join(directory, other));
    return `${path} with ${other}`;
  },

  async doubled({ directory, path }) {
    const next = nextName(path);
    await cp(join(directory, path), join(directory, next));
    return `${path} as ${next}`;
  },

  async 'joined by an empty one'({ directory, path }) {
    const next = nextName(path);
    await writeFile(join(directory, next), '');
    return next;
  },

  async 'turned into a directory'({ directory, path }) {
    await rm(join(directory, path));
    await mkdir(join(directory, path));
    return path;
  },
};

/** What becomes of all that is below one name beside the journal. */
export const FAULTS_OF_ALL: typeof FAULTS = {
  async 'deleted as a whole'({ directory, path }) {
    await rm(join(directory, path), { recursive: true });
    return path;
  },

  async 'set back as a whole'({ directory, path, older }) {
    await rm(join(directory, path), { recursive: true });
    await cp(join(older, path), join(directory, path), { recursive: true });
    return path;
  },

  async 'a file in its place'({ directory, path }) {
    await rm(join(directory, path), { recursive: true });
    await writeFile(join(directory, path), 'a file');
    return path;
  },
};

/** The name that a file of its kind might have next. */
function nextName(path: string): string {
  const counted = path.replace(/\d+(?=\D*$)/, (digits) =>
    String(Number(digits) + 1).padStart(digits.length, '0'),
  );
  return counted === path ? `${path}.new` : counted;
}
