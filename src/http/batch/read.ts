import type { IncomingMessage } from 'node:http';
import { breath } from '../../contract/breath.js';
import { TallyboardError } from '../../contract/errors.js';
import type { ContactSymbol, Uuid } from '../../domain/contact.js';
import { notText, readSymbolText, readUuidText, SYMBOL_HELP, UUID_HELP } from '../read.js';
import type { Limits } from '../sockets/limits.js';
import { bodyOf } from './body.js';
import type { Place } from './room.js';
import { ArrayItems, broken, Lines, type Splitter } from './split.js';

/** One item of a batch: an event, an initial where it has a symbol; or why it is none, as it is told. */
export type Item =
  | { readonly refusal: undefined; readonly uuid: Uuid; readonly symbol: ContactSymbol | undefined }
  | { readonly refusal: string };

/** How many items are worked on before others have a turn. */
export const ITEMS_AT_ONCE = 128;

/** Reads the body of a batch as it comes into its place. Throws what is wrong with the batch as a whole. */
export async function readItems(request: IncomingMessage, limits: Limits, place: Place): Promise<Item[]> {
  const items: Item[] = [];
  const readAll = async (texts: Iterable<string>, splitter: Splitter) => {
    for (const text of texts) {
      if (items.length === limits.batchEventsMax) throw tooMany(limits);
      if (items.length % ITEMS_AT_ONCE === 0) await breath();
      items.push(readItem(text, splitter));
      place.take(1);
    }
  };
  if (Number(request.headers['content-length'] ?? 0) > limits.batchBytesMax) throw tooLarge(limits);
  const splitter = splitterOf(request, limits);
  let bytes = 0;
  for await (const piece of bodyOf(request, place.signal)) {
    bytes += piece.length;
    if (bytes > limits.batchBytesMax) throw tooLarge(limits);
    if (splitter === undefined) throw unsupported();
    await readAll(splitter.push(piece), splitter);
  }
  if (bytes === 0) throw new TallyboardError('BODY_INVALID', `no body came: ${BATCH_HELP}`);
  await readAll(splitter!.end(), splitter!);
  place.arrived();
  return items;
}

/** An item that is refused, as it stands in the answer. */
export function refusalText({ status, code, message }: TallyboardError): string {
  return JSON.stringify({ status, code, detail: message });
}

const BATCH_HELP =
  'send one object a line, such as {"uuid":"…","symbol":"e"}, as Content-Type: application/x-ndjson, or a JSON array of them as application/json';

function splitterOf({ headers }: IncomingMessage, { bodyBytesMax }: Limits): Splitter | undefined {
  const type = headers['content-type'];
  if (type === undefined) return undefined;
  return /ndjson/i.test(type) ? new Lines(bodyBytesMax) : new ArrayItems(bodyBytesMax);
}

function readItem(text: string, splitter: Splitter): Item {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw broken(splitter, 'is not JSON', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw broken(splitter, 'is JSON, but not an object such as {"uuid":"…","symbol":"e"}');
  }
  try {
    return eventOf(value as Readonly<Record<string, unknown>>, text);
  } catch (error) {
    if (error instanceof TallyboardError) return { refusal: refusalText(error) };
    throw error;
  }
}

function eventOf(fields: Readonly<Record<string, unknown>>, text: string): Item {
  let quotes = 0;
  for (const name in fields) {
    quotes += 4;
    if (name !== 'uuid' && name !== 'symbol' && name !== 'type') throw unknownField(name);
    if (typeof fields[name] !== 'string') throw notText(name);
  }
  const { uuid, symbol, type } = fields as Readonly<Record<string, string | undefined>>;
  if (uuid === undefined) {
    throw new TallyboardError('UUID_MISSING', `no uuid was given: add "uuid" with ${UUID_HELP}`);
  }
  if (type !== undefined && type !== 'initial' && (type !== 'followup' || symbol !== undefined)) {
    throw new TallyboardError(
      'TYPE_INVALID',
      '"type" does not agree with the item: it is initial where there is a symbol, followup where there is none, or left out',
    );
  }
  if (type === 'initial' && symbol === undefined) {
    throw new TallyboardError('SYMBOL_MISSING', `no symbol was given: add "symbol" with ${SYMBOL_HELP}`);
  }
  const item = {
    refusal: undefined,
    uuid: readUuidText(uuid),
    symbol: symbol === undefined ? undefined : readSymbolText(symbol),
  };
  // Of a field that stands twice the parser takes the last. What is right has no quotes but those around it.
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) quotes -= 1;
  if (quotes === 0) return item;
  throw new TallyboardError('FIELD_REPEATED', 'a field stands twice in the item: give it once');
}

function unknownField(name: string): TallyboardError {
  return new TallyboardError(
    'FIELD_UNKNOWN',
    `'${name.slice(0, NAME_CHARACTERS_MAX)}' is no field of an item: there are uuid, symbol and type`,
  );
}

const NAME_CHARACTERS_MAX = 80;

function tooLarge({ batchBytesMax }: Limits): TallyboardError {
  return new TallyboardError(
    'BODY_TOO_LARGE',
    `the batch is larger than ${batchBytesMax} bytes, unpacked (--batch-bytes-max of the server): nothing of it was stored, send it in parts`,
  );
}

function tooMany({ batchEventsMax }: Limits): TallyboardError {
  return new TallyboardError(
    'EVENTS_TOO_MANY',
    `the batch has more than ${batchEventsMax} events (--batch-events-max of the server): nothing of it was stored, send it in parts`,
  );
}

function unsupported(): TallyboardError {
  return new TallyboardError('MEDIA_TYPE_UNSUPPORTED', `a batch has another type: ${BATCH_HELP}`);
}
