import type { ErrorCode } from '../../contract/errors.js';

/** The codes of a route that asks the store. */
export const STORE_ERRORS: readonly ErrorCode[] = [
  'STORE_OPENING',
  'STORE_UNAVAILABLE',
  'STORE_DAMAGED',
  'STORE_CLOSED',
];

/** The codes of a route that reads a range and asks the store. */
export const RANGE_ERRORS: readonly ErrorCode[] = [
  'BOUND_INVALID',
  'BOUND_TOO_FINE',
  'RANGE_REVERSED',
  'ZONE_UNKNOWN',
  'FIELD_REPEATED',
  ...STORE_ERRORS,
];
