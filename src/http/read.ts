import { parse } from 'node:querystring';
import { type ErrorCode, TallyboardError } from '../contract/errors.js';
import type { EventSpan } from '../contract/store.js';
import { type ContactSymbol, parseSymbol, parseUuid, type Uuid } from '../domain/contact.js';
import { EVENT_FORMATS, type EventFormat } from '../domain/event-text.js';
import { SERIES_CUTS, type SeriesCut } from '../domain/series.js';
import type { Range } from '../domain/time.js';
import { readRange } from '../domain/zone.js';

/** A query or a parsed body: whatever a client has written there. */
type Fields = Readonly<Record<string, unknown>>;

/** Reads the uuid of a request from its query and its body. */
export function readUuid(query: unknown, body: unknown): Uuid {
  const text = readField('uuid', query, body);
  if (text === undefined) {
    throw new TallyboardError('UUID_MISSING', `no uuid was given: add ?uuid= with ${UUID_HELP}`);
  }
  return readUuidText(text);
}

/** Reads a uuid that stands by itself, as in a path. */
export function readUuidText(text: string): Uuid {
  const uuid = parseUuid(text);
  if (uuid === undefined) {
    throw new TallyboardError('UUID_INVALID', `${quote(text)} is not a UUID: write ${UUID_HELP}`);
  }
  return uuid;
}

/** Reads the symbol of an initial from its query and its body. */
export function readSymbol(query: unknown, body: unknown): ContactSymbol {
  const text = readField('symbol', query, body);
  if (text === undefined) {
    throw new TallyboardError('SYMBOL_MISSING', `no symbol was given: add &symbol= with ${SYMBOL_HELP}`);
  }
  return readSymbolText(text);
}

/** Reads a symbol that stands by itself, as in a path. */
export function readSymbolText(text: string): ContactSymbol {
  const symbol = parseSymbol(text);
  if (symbol === undefined) {
    throw new TallyboardError('SYMBOL_INVALID', `${quote(text)} is not a symbol: write ${SYMBOL_HELP}`);
  }
  return symbol;
}

/** What is read of a request whose path ends with the two bounds of a range. */
interface RangeRequest extends QueryRequest {
  readonly params: { readonly lower: string; readonly upper: string };
}

interface QueryRequest {
  /** As it came. */
  readonly url: string;
  readonly query: unknown;
}

/** Reads a range from the bounds in the path and the zone in the query. */
export function readRangeOf(request: RangeRequest): Range {
  const { url, params } = request;
  const spaced = url
    .split(/[?#]/, 1)[0]!
    .split('/')
    .slice(-2)
    .map((text) => decodeURIComponent(text.replaceAll('+', ' ')));
  const [lower, upper] = [params.lower, params.upper].map((text, i) =>
    readBoundText(text, spaced[i] ?? text),
  );
  return rangeOf(lower!, upper!, readZoneText(request));
}

/** The range that another is compared with, and as much of it as that one has come. */
export interface Against {
  readonly range: Range;
  readonly untilNow: Range;
}

/** Reads the range that is compared with: `against=L/U`, and `until`, a bound within it; undefined for none. */
export function readAgainst(request: QueryRequest): Against | undefined {
  const [interval] = readIntervals('against', request, 1);
  const end = readQueryBound('until', request);
  if (interval === undefined) {
    if (end === undefined) return undefined;
    throw new TallyboardError(
      'BOUND_INVALID',
      "'until' says how far 'against' is summed, and there is no 'against': give both, or neither",
    );
  }
  const zone = readZoneText(request);
  const [lower, upper] = interval;
  const until = end ?? upper;
  return { range: rangeOf(lower, upper, zone), untilNow: rangeOf(lower, until, zone) };
}

/** Reads the ranges that tell what is usual: `usual=L/U,L/U`. */
export function readUsual(request: QueryRequest): Range[] {
  const zone = readZoneText(request);
  return readIntervals('usual', request, USUAL_RANGES_MAX).map(([lower, upper]) =>
    rangeOf(lower, upper, zone),
  );
}

/** Pairs of bounds, each as those of a path, with a slash between them; commas between the pairs. */
function readIntervals(
  name: string,
  request: QueryRequest,
  countMax: number,
): [lower: string, upper: string][] {
  const [plus, space] = [withPlus(request), request.query].map((query) => readField(name, query, undefined));
  if (plus === undefined || space === undefined) return [];
  const spaced = space.split(/[,/]/);
  const bounds = plus.split(/[,/]/).map((text, i) => readBoundText(text, spaced[i]!));
  const pairs = plus.split(',');
  if (pairs.length > countMax || pairs.some((pair) => pair.split('/').length !== 2)) {
    const help = countMax === 1 ? 'a range' : `at most ${countMax} ranges with commas between them, each`;
    throw new TallyboardError(
      'BOUND_INVALID',
      `${quote(plus)} is no ${name}: write ${help} as two bounds with a slash between them, 2017-06-28/2017-06-30`,
    );
  }
  return pairs.map((_, i) => [bounds[2 * i]!, bounds[2 * i + 1]!]);
}

/** Reads the zone in the query, of which `readRangeOf` has seen that it is one; UTC where there is none. */
export function readZone(request: QueryRequest): string {
  return readZoneText(request) ?? 'UTC';
}

/** Reads the symbol in the query by which an answer is narrowed; undefined for all of them. */
export function readNarrowing(query: unknown): ContactSymbol | undefined {
  const text = readField('symbol', query, undefined);
  return text === undefined ? undefined : readSymbolText(text);
}

/** Reads how a series is cut. */
export function readCut(query: unknown): SeriesCut {
  return readWord('every', SERIES_CUTS, query, 'EVERY_INVALID');
}

/** Reads the format of raw events; `ndjson` where none is given. */
export function readFormat(query: unknown): EventFormat {
  return readWord('format', EVENT_FORMATS, query, 'FORMAT_INVALID', 'ndjson');
}

/** Reads the span of raw events: two bounds as those of a range, each of which may be left out. */
export function readSpan(request: QueryRequest): EventSpan {
  const [from, to] = ['from', 'to'].map((name) => readQueryBound(name, request));
  const { lower, upper } = rangeOf(from ?? to ?? ANY_BOUND, to ?? from ?? ANY_BOUND, readZoneText(request));
  return { ...(from === undefined ? {} : { lower }), ...(to === undefined ? {} : { upper }) };
}

/** Reads the form of a sign-in. */
export function readToken(body: unknown): { token: string; next: string | undefined } {
  const fields = body === undefined ? {} : body;
  const token = once('token', (fields as Fields).token, 'body');
  if (token === undefined || token === '') {
    throw new TallyboardError('TOKEN_MISSING', 'no token was given: send a form with the field token');
  }
  return { token, next: once('next', (fields as Fields).next, 'body') };
}

/**
 * Reads a JSON body; undefined where there is none. Its shape is for the schema to judge, `null` aside,
 * which a framework cannot tell from no body.
 */
export function readJson(text: string): unknown {
  if (text.length === 0) return undefined;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new TallyboardError('BODY_INVALID', `the body is not JSON: ${JSON_HELP}`, { cause });
  }
  if (body === null) throw notAnObject();
  return body;
}

/** The refusal of a JSON body that is no object. */
export function notAnObject(): TallyboardError {
  return new TallyboardError('BODY_INVALID', `the body is JSON, but not an object: ${JSON_HELP}`);
}

/** The refusal of a field of a JSON body that is no text. */
export function notText(field: string): TallyboardError {
  return new TallyboardError('FIELD_INVALID', `'${field}' in the body is not text: write it in quotes`);
}

export const UUID_HELP = `8-4-4-4-12 hexadecimal digits, such as 6f1c2a52-9a3e-4b7e-8c55-0d1f6a7b9c10`;
export const SYMBOL_HELP = 'one letter a to z, in lower case';
const JSON_HELP = 'send an object such as {"uuid":"…","symbol":"e"}, or put the fields in the query';

/** How many ranges may tell what is usual. */
const USUAL_RANGES_MAX = 8;

/** A value is shown to the client that sent it, but not at any length. */
const SHOWN_CHARACTERS_MAX = 80;

/** Stands where there is no bound to be read, so that a zone is read all the same. */
const ANY_BOUND = '2000-01-01';

/** The range between two bounds. */
export function rangeOf(lower: string, upper: string, zone: string | undefined): Range {
  const reading = readRange(shorten(lower), shorten(upper), zone);
  if (!reading.ok) throw new TallyboardError(reading.problem, reading.detail);
  return reading.range;
}

/**
 * Reads a bound of which a raw + was taken for a plus in `plus` and for a space in `space`. Clients mean either,
 * in a path and in a query, and where a time of day may stand both are bounds: of two ranges.
 */
function readBoundText(plus: string, space: string): string {
  const [, date, hour, minute] = /^(\d{4}-\d\d-\d\d)\+(\d\d):?(\d\d)/.exec(plus) ?? [];
  if (date === undefined || space[date.length] !== ' ') return plus;
  throw new TallyboardError(
    'BOUND_INVALID',
    `${quote(plus)} can be read in two ways, because a + may stand for a space: write ${date}%20${hour}:${minute} for the time of day, or ${date}%2B${hour}:${minute} for a day that begins at this offset from UTC`,
  );
}

function readQueryBound(name: string, request: QueryRequest): string | undefined {
  const text = readField(name, request.query, undefined);
  return text === undefined ? undefined : readBoundText(readField(name, withPlus(request), undefined)!, text);
}

/** No zone has a space in its name, and some have a plus. */
function readZoneText(request: QueryRequest): string | undefined {
  return readField('tz', withPlus(request), undefined);
}

/** The fields of a query in which a raw + is a plus. */
function withPlus({ url, query }: QueryRequest): unknown {
  if (!url.includes('+')) return query;
  return parse(url.slice(url.search(/[?#]/) + 1).replaceAll('+', '%2B'), '&', '=', { maxKeys: 0 });
}

function readWord<Word extends string>(
  name: string,
  words: readonly Word[],
  query: unknown,
  code: ErrorCode,
  fallback?: Word,
): Word {
  const text = readField(name, query, undefined) ?? fallback;
  const word = words.find((each) => each === text);
  if (word !== undefined) return word;
  const wrong = text === undefined ? `${name} is missing` : `${quote(text)} is no ${name}`;
  throw new TallyboardError(code, `${wrong}: write ${name}= with one of ${words.join(', ')}`);
}

/** Reads a field that may stand in the query or in the body. */
export function readField(name: string, query: unknown, body: unknown): string | undefined {
  const fromQuery = once(name, (query as Fields)[name], 'query');
  if (body === undefined) return fromQuery;
  const fromBody = once(name, (body as Fields)[name], 'body');
  if (fromQuery === undefined) return fromBody;
  if (fromBody === undefined || fromBody === fromQuery) return fromQuery;
  // A uuid in another case is still the same uuid.
  if (name === 'uuid' && fromBody.toLowerCase() === fromQuery.toLowerCase()) return fromQuery;
  throw new TallyboardError(
    'FIELD_REPEATED',
    `'${name}' is ${quote(fromQuery)} in the query and ${quote(fromBody)} in the body: give it in one place`,
  );
}

function once(name: string, value: unknown, place: 'query' | 'body'): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  // Both parsers of name=value pairs make an array of a name that comes again.
  throw new TallyboardError('FIELD_REPEATED', `'${name}' stands twice in the ${place}: give it once`);
}

/** What a client sent, as it is shown to it. */
export function quote(text: string): string {
  return `'${shorten(text)}'`;
}

function shorten(text: string): string {
  return text.length <= SHOWN_CHARACTERS_MAX ? text : `${text.slice(0, SHOWN_CHARACTERS_MAX)}…`;
}
