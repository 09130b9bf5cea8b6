/** What is in the projection is not what was written: it must be made again from the journal. */
export class ProjectionFault extends Error {}

/** Whether an error, or one of its causes, is a fault of the projection. */
export function isProjectionFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof ProjectionFault || isProjectionFault(error.cause);
}
