import { describe, TallyboardError } from '../../../contract/errors.js';

/** What is in the projection is not what was written: it must be made again from the journal. */
export class ProjectionFault extends Error {}

/** Whether an error, or one of its causes, is a fault of the projection. */
export function isProjectionFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof ProjectionFault || isProjectionFault(error.cause);
}

// What the system says where the fault is not in the files: making them anew would not help.
const NOT_ITS_FILES = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'EMFILE',
  'ENFILE',
  'EIO',
  'ENOSPC',
  'EDQUOT',
  'ENOMEM',
]);

/** A fault of the files below a path, unless it is one of the disk or the system around them. */
export function asFault(error: unknown, path: string): Error {
  if (error instanceof ProjectionFault || error instanceof TallyboardError) return error;
  if (NOT_ITS_FILES.has((error as NodeJS.ErrnoException).code ?? '')) {
    return new TallyboardError(
      'STORE_UNAVAILABLE',
      `${path} cannot be opened or read: check its disk and its permissions; where a part of it is gone for good, delete it, and the next start makes it again from the journal`,
      { cause: error },
    );
  }
  return new ProjectionFault(describe(error), { cause: error });
}
