import { TallyboardError } from '../../contract/errors.js';

/** Cuts a body, as it comes, into the texts of its items. Throws `BODY_INVALID` where that cannot be done. */
export interface Splitter {
  /** The item that was answered last, or that cannot be read: `line 3`. */
  readonly place: string;
  push(chunk: Buffer): Iterable<string>;
  end(): Iterable<string>;
}

/** The refusal of a whole body for one of its items. */
export function broken(
  { place }: Pick<Splitter, 'place'>,
  problem: string,
  cause?: unknown,
): TallyboardError {
  return new TallyboardError(
    'BODY_INVALID',
    `${place} of the batch ${problem}: nothing of the batch was stored`,
    cause === undefined ? {} : { cause },
  );
}

/** One item a line; empty lines are passed over, and counted. */
export class Lines implements Splitter {
  readonly #itemBytesMax: number;
  #rest: Buffer = Buffer.alloc(0);
  #line = 0;

  constructor(itemBytesMax: number) {
    this.#itemBytesMax = itemBytesMax;
  }

  get place(): string {
    return `line ${this.#line}`;
  }

  *push(chunk: Buffer): Generator<string> {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      const lines = joined(this.#rest, chunk.subarray(0, end)).toString().split('\n');
      // What follows the last end of a line.
      lines.pop();
      this.#rest = chunk.subarray(end);
      yield* this.#items(lines);
    } else this.#rest = joined(this.#rest, chunk);
    if (this.#rest.length <= this.#itemBytesMax) return;
    this.#line += 1;
    throw tooLong(this, this.#itemBytesMax);
  }

  *end(): Generator<string> {
    yield* this.#items([this.#rest.toString()]);
  }

  *#items(lines: readonly string[]): Generator<string> {
    for (const line of lines) {
      this.#line += 1;
      if (isLonger(line, this.#itemBytesMax)) throw tooLong(this, this.#itemBytesMax);
      if (line.trim() !== '') yield line;
    }
  }
}

/** The objects of a JSON array. What stands within an object is looked at only as far as it takes to find its end. */
export class ArrayItems implements Splitter {
  readonly #itemBytesMax: number;
  #rest: Buffer = Buffer.alloc(0);
  #item = 0;
  #expects: 'array' | 'first item' | 'item' | 'end of item' | 'comma' | 'nothing' = 'array';
  #depth = 0;
  #isText = false;
  #isEscaped = false;

  constructor(itemBytesMax: number) {
    this.#itemBytesMax = itemBytesMax;
  }

  get place(): string {
    return `item ${this.#item}`;
  }

  *push(chunk: Buffer): Generator<string> {
    const bytes = joined(this.#rest, chunk);
    let start = 0;
    for (let at = this.#rest.length; at < bytes.length; at += 1) {
      const byte = bytes[at]!;
      if (this.#expects !== 'end of item') {
        if (this.#begins(byte)) start = at;
      } else if (this.#ends(byte)) {
        this.#expects = 'comma';
        if (at + 1 - start > this.#itemBytesMax) throw tooLong(this, this.#itemBytesMax);
        yield bytes.toString('utf8', start, at + 1);
      }
    }
    this.#rest = this.#expects === 'end of item' ? bytes.subarray(start) : bytes.subarray(bytes.length);
    if (this.#rest.length > this.#itemBytesMax) throw tooLong(this, this.#itemBytesMax);
  }

  end(): string[] {
    if (this.#expects === 'nothing') return [];
    throw notClosed();
  }

  /** Takes a byte between two items; whether it begins one. */
  #begins(byte: number): boolean {
    if (WHITESPACE.includes(byte)) return false;
    switch (this.#expects) {
      case 'array':
        if (byte !== OPENING_BRACKET) throw notAnArray();
        this.#expects = 'first item';
        return false;
      case 'comma':
        if (byte !== COMMA && byte !== CLOSING_BRACKET)
          throw broken(this, 'is not followed by a comma or the end of the array');
        this.#expects = byte === COMMA ? 'item' : 'nothing';
        return false;
      case 'nothing':
        throw new TallyboardError(
          'BODY_INVALID',
          'something follows the end of the array: nothing of the batch was stored',
        );
      default:
        if (byte === CLOSING_BRACKET && this.#expects === 'first item') {
          this.#expects = 'nothing';
          return false;
        }
        this.#item += 1;
        if (byte !== OPENING_BRACE) throw broken(this, 'is not an object');
        this.#expects = 'end of item';
        this.#depth = 1;
        return true;
    }
  }

  /** Takes a byte within an item; whether it ends it. */
  #ends(byte: number): boolean {
    if (this.#isText) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE) this.#isText = false;
    } else if (byte === QUOTE) this.#isText = true;
    else if (byte === OPENING_BRACE || byte === OPENING_BRACKET) this.#depth += 1;
    else if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) this.#depth -= 1;
    return this.#depth === 0;
  }
}

const [NEWLINE, QUOTE, COMMA, BACKSLASH] = [0x0a, 0x22, 0x2c, 0x5c];
const [OPENING_BRACKET, CLOSING_BRACKET] = [0x5b, 0x5d];
const [OPENING_BRACE, CLOSING_BRACE] = [0x7b, 0x7d];
const WHITESPACE = [0x20, 0x09, 0x0a, 0x0d];

/** Whether a text has more bytes in UTF-8. Most are far from that, and not counted. */
function isLonger(text: string, bytesMax: number): boolean {
  return text.length > bytesMax || (3 * text.length > bytesMax && Buffer.byteLength(text) > bytesMax);
}

function joined(rest: Buffer, chunk: Buffer): Buffer {
  return rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
}

function tooLong(splitter: Splitter, bytesMax: number): TallyboardError {
  return broken(splitter, `is longer than ${bytesMax} bytes`);
}

function notAnArray(): TallyboardError {
  return new TallyboardError(
    'BODY_INVALID',
    'the body is not a JSON array: send [{"uuid":"…","symbol":"e"}, …], or one object a line as application/x-ndjson',
  );
}

function notClosed(): TallyboardError {
  return new TallyboardError('BODY_INVALID', 'the JSON array does not end: nothing of the batch was stored');
}
