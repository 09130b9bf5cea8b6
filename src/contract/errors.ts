/**
 * Every error that Tallyboard makes: a stable code, its HTTP status, and its title. Callers branch on the
 * code; the detail, which says what to do, may get better.
 */
export const ERRORS = {
  UUID_MISSING: { status: 400, title: 'No uuid was given' },
  UUID_INVALID: { status: 400, title: 'The uuid is not a UUID' },
  SYMBOL_MISSING: { status: 400, title: 'No symbol was given' },
  SYMBOL_INVALID: { status: 400, title: 'The symbol is not one letter a to z' },
  FIELD_REPEATED: { status: 400, title: 'A field was given twice' },
  FIELD_INVALID: { status: 400, title: 'A field is not text' },
  FIELD_UNKNOWN: { status: 400, title: 'A field is not known' },
  TYPE_INVALID: { status: 400, title: 'The type does not agree with the item' },
  BODY_INVALID: { status: 400, title: 'The body cannot be read' },
  CHUNKS_TOO_SMALL: { status: 400, title: 'The body comes in too small chunks' },
  BOUND_INVALID: { status: 400, title: 'A bound of the range cannot be read' },
  BOUND_TOO_FINE: { status: 400, title: 'A bound of the range is finer than a minute' },
  RANGE_REVERSED: { status: 400, title: 'The range ends before it begins' },
  ZONE_UNKNOWN: { status: 400, title: 'The time zone is not known' },
  EVERY_INVALID: { status: 400, title: 'The length of the buckets is not known' },
  BUCKETS_TOO_MANY: { status: 400, title: 'The range has too many buckets' },
  FORMAT_INVALID: { status: 400, title: 'The format is not known' },
  NOTE_INVALID: { status: 400, title: 'The note cannot be taken' },
  SHARE_INVALID: { status: 400, title: 'The shared link cannot be made' },
  URL_INVALID: { status: 400, title: 'The URL cannot be read' },
  REQUEST_INVALID: { status: 400, title: 'The request is not HTTP' },
  TOKEN_MISSING: { status: 401, title: 'No token was given' },
  TOKEN_WRONG: { status: 401, title: 'The token is not the right one' },
  LINK_WITHDRAWN: { status: 401, title: 'The link is not valid' },
  CROSS_SITE: { status: 403, title: 'The request comes from another site' },
  HOST_UNKNOWN: { status: 403, title: 'The server is not known by this name' },
  NOT_FOUND: { status: 404, title: 'There is nothing at this path' },
  CONTACT_UNKNOWN: { status: 404, title: 'No event has this uuid' },
  NOTE_UNKNOWN: { status: 404, title: 'There is no such note' },
  SHARE_UNKNOWN: { status: 404, title: 'There is no such shared link' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The path does not take this method' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request did not arrive in time' },
  SYMBOL_CONFLICT: { status: 409, title: 'The contact has another symbol' },
  SHARE_TAKEN: { status: 409, title: 'There is a shared link of this name' },
  DOCUMENTS_TOO_MANY: { status: 409, title: 'There are too many of these' },
  DOCUMENTS_UNSUPPORTED: { status: 409, title: 'The store keeps none of these' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large' },
  EVENTS_TOO_MANY: { status: 413, title: 'The batch has too many events' },
  URL_TOO_LONG: { status: 414, title: 'The URL is too long' },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, title: 'The media type is not supported' },
  ENCODING_UNSUPPORTED: { status: 415, title: 'The coding of the body is not supported' },
  TOKENS_TOO_MANY: { status: 429, title: 'Too many wrong tokens were tried' },
  READINGS_TOO_MANY: { status: 429, title: 'Too many readings are under way' },
  CLIENTS_TOO_MANY: { status: 429, title: 'Too many live connections are open' },
  HEADERS_TOO_LARGE: { status: 431, title: 'The headers are too large' },
  INTERNAL: { status: 500, title: 'The server made a mistake' },
  GUESS_FAILED: { status: 503, title: 'The guess could not be made' },
  FILES_TOO_MANY: { status: 503, title: 'Too many files and connections are open' },
  STORE_BUSY: { status: 503, title: 'Too many events wait for the store' },
  STORE_UNAVAILABLE: { status: 503, title: 'The store cannot serve the request' },
  STORE_UNCERTAIN: { status: 503, title: 'Whether the event was stored is not known' },
  STORE_OPENING: { status: 503, title: 'The store is being opened' },
  SERVER_STOPPING: { status: 503, title: 'The server is stopping' },
  STORE_CLOSED: { status: 503, title: 'The store is not open' },
  STORE_LOCKED: { status: 503, title: 'The store is in use by another process' },
  STORE_DAMAGED: { status: 503, title: 'The store is damaged' },
  STORE_MISSING: { status: 503, title: 'There is no store' },
  STORE_FORMAT: { status: 503, title: 'The store has another format' },
  STORE_URL_INVALID: { status: 400, title: 'The store URL cannot be read' },
  ENGINE_MISSING: { status: 503, title: 'The client of the engine is not installed' },
  CONFIG_INVALID: { status: 400, title: 'The configuration is not valid' },
  SERVER_UNREACHABLE: { status: 503, title: 'No server answers' },
  QUERY_INVALID: { status: 400, title: 'The query cannot be answered' },
  OUTPUT_LOST: { status: 503, title: 'The output could not be written' },
  INPUT_INVALID: { status: 400, title: 'The input has rows that cannot be taken' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

export class TallyboardError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, detail: string, options?: { cause?: unknown }) {
    super(detail, options);
    this.name = 'TallyboardError';
    this.code = code;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get title(): string {
    return ERRORS[this.code].title;
  }
}

/** The error's message, and what those of its causes add to it: for a log line or a terminal. */
export function describe(error: unknown): string {
  const words: string[] = [];
  let next = error;
  do {
    const own = wordsOf(next);
    if (!words.some((before) => before.includes(own))) words.push(own);
    next = next instanceof Error ? next.cause : undefined;
  } while (next !== undefined);
  return words.join(': ');
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node says nothing of its own of a connection that was refused at each of a name's addresses.
  const several = error instanceof AggregateError ? error.errors.map(describe).join('; ') : '';
  return error.message || several || error.name;
}

/** `error` itself where it is one of ours, else one of ours with it as the cause. */
export function asTallyboardError(error: unknown, code: ErrorCode, detail: string): TallyboardError {
  return error instanceof TallyboardError ? error : new TallyboardError(code, detail, { cause: error });
}

/** What is told where an engine is there, and takes nothing that is written. */
export function takesNoEvents(hindrance: string): TallyboardError {
  return new TallyboardError('STORE_UNAVAILABLE', `takes no events: ${hindrance}`);
}

/** What an engine is answered for that took a batch, and did not say whether it stored it. */
export function unconfirmed(engine: string, cause?: unknown): TallyboardError {
  return new TallyboardError('STORE_UNCERTAIN', `${engine} did not confirm a batch`, { cause });
}
