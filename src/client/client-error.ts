import type { ErrorCode } from '../contract/errors.js';

/**
 * The server's own codes, and two of the client's: `NO_ANSWER` where no attempt was answered in time, and
 * `ANSWER_INVALID` where what answered is not a Tallyboard, or something in between answered in its place.
 */
export type ClientErrorCode = ErrorCode | 'NO_ANSWER' | 'ANSWER_INVALID';

export interface ClientErrorDetails {
  readonly status?: number | undefined;
  readonly transient: boolean;
  readonly retryAfterSeconds?: number | undefined;
  readonly uuid?: string | undefined;
  readonly cause?: unknown;
}

/** What a call rejects with. Branch on `code`, which is stable; the message is for people. */
export class ClientError extends Error {
  readonly code: ClientErrorCode;
  /** The status of the last answer; undefined where there was none. */
  readonly status: number | undefined;
  /** Another call may go well: nobody answered, or the server was busy. A refusal stays one. */
  readonly transient: boolean;
  /** How long the server asked to wait. */
  readonly retryAfterSeconds: number | undefined;
  /**
   * The contact of a call that was to store something. Where the code is `NO_ANSWER` or `STORE_UNCERTAIN` the
   * event may be stored or not: the same call with this uuid settles it, and never counts twice.
   */
  readonly uuid: string | undefined;

  constructor(code: ClientErrorCode, message: string, details: ClientErrorDetails) {
    super(message, { cause: details.cause });
    this.name = 'ClientError';
    this.code = code;
    this.status = details.status;
    this.transient = details.transient;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.uuid = details.uuid;
  }
}
