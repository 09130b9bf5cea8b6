import { TallyboardError } from '../../contract/errors.js';
import type { StoreUrl } from '../../contract/store.js';
import { FRAME_BYTES_MAX } from './log/format.js';

export interface JournalWriterOptions {
  /** A segment that has no room for the next frame is closed and a new one begun. */
  readonly segmentBytes: number;
  /**
   * 0: the file is opened so that a write returns when its data are durable (O_DSYNC), which saves a call and
   * a wait of the event loop for each batch. 1: a write is followed by fdatasync.
   */
  readonly separateSync: number;
  /** How far zeros are kept ahead of the last frame, so that a write finds its blocks; 0: not at all. */
  readonly aheadBytes: number;
}

/** Not every system keeps what O_DSYNC promises; those on which it was not tested sync separately. */
export const SEPARATE_SYNC = process.platform === 'linux' ? 0 : 1;

export interface ProjectionOptions {
  /** A checkpoint is written when this many contacts changed … */
  readonly checkpointContacts: number;
  /** … or this many pages of roll-ups … */
  readonly checkpointPages: number;
  /** … or this many milliseconds passed since the first change. */
  readonly checkpointMilliseconds: number;
  /** Changed contacts in memory, written or not; beyond it events wait for the checkpoint under way. */
  readonly changedContactsMax: number;
  /** Changed roll-up pages in memory; as for contacts. */
  readonly changedPagesMax: number;
  /** Roll-up pages in memory. */
  readonly pageBytesMax: number;
}

export interface JournalOptions extends ProjectionOptions, JournalWriterOptions {
  /** The filter of contacts in memory. */
  readonly filterBytesMax: number;
}

const DEFAULTS: JournalOptions = {
  segmentBytes: 64 << 20,
  separateSync: SEPARATE_SYNC,
  aheadBytes: 1 << 20,
  checkpointContacts: 16_384,
  checkpointPages: 2048,
  checkpointMilliseconds: 1000,
  changedContactsMax: 262_144,
  changedPagesMax: 16_384,
  pageBytesMax: 64 << 20,
  filterBytesMax: 128 << 20,
};

/** Options that a store URL may set: `journal:./data?segment-bytes=1048576`. */
const URL_OPTIONS: Readonly<
  Record<string, { name: keyof JournalOptions; least: number; greatest?: number }>
> = {
  'separate-sync': { name: 'separateSync', least: 0, greatest: 1 },
  'ahead-bytes': { name: 'aheadBytes', least: 0, greatest: 1 << 26 },
  'segment-bytes': { name: 'segmentBytes', least: FRAME_BYTES_MAX * 2 },
  'checkpoint-contacts': { name: 'checkpointContacts', least: 1 },
  'checkpoint-milliseconds': { name: 'checkpointMilliseconds', least: 1 },
  'filter-bytes-max': { name: 'filterBytesMax', least: 0 },
  'page-bytes-max': { name: 'pageBytesMax', least: 1 << 20 },
};

/** Reads the options of a store URL; throws `STORE_URL_INVALID` where one is not known or out of bounds. */
export function optionsOf({ text, options }: StoreUrl): JournalOptions {
  const result: Record<keyof JournalOptions, number> = { ...DEFAULTS };
  for (const [key, value] of options) {
    const option = URL_OPTIONS[key];
    if (option === undefined) {
      throw new TallyboardError(
        'STORE_URL_INVALID',
        `'${text}' has the option '${key}', which a journal does not know: it knows ${Object.keys(URL_OPTIONS).join(', ')}`,
      );
    }
    const { least, greatest = Number.MAX_SAFE_INTEGER } = option;
    if (!/^\d+$/.test(value) || Number(value) < least || Number(value) > greatest) {
      const upTo = option.greatest === undefined ? '' : ` and at most ${greatest}`;
      throw new TallyboardError(
        'STORE_URL_INVALID',
        `'${key}' in '${text}' must be a whole number of at least ${least}${upTo}`,
      );
    }
    result[option.name] = Number(value);
  }
  return result;
}
