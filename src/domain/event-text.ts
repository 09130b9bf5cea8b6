import type { ContactEvent } from './contact.js';
import { formatInstant } from './time.js';

/** The columns of raw events as text: those of the original's table, and the mark of a replay. */
export const EVENT_COLUMNS = ['uuid', 'symbol', 'is_vowel', 'url', 'date', 'replay'] as const;

/**
 * `ndjson`: a JSON object a line. `csv`: a first line with the column names; True and False as the original
 * writes them (pandas and DuckDB read them as booleans), and a followup's symbol and is_vowel empty.
 */
export const EVENT_FORMATS = ['ndjson', 'csv'] as const;
export type EventFormat = (typeof EVENT_FORMATS)[number];

export const EVENT_CSV_HEAD = `${EVENT_COLUMNS.join(',')}\n`;

/** A line of `csv`. No value of a row holds a comma, a quote or a line end, so none needs quoting. */
export function eventCsv(event: ContactEvent): string {
  const answer = event.kind === 'initial' ? `${event.symbol},${event.isVowel ? 'True' : 'False'}` : ',';
  return `${event.uuid},${answer},${event.kind},${formatInstant(event.at)},${event.replay ? 'True' : 'False'}\n`;
}

/** A line of `ndjson`. */
export function eventNdjson(event: ContactEvent): string {
  return `${eventJson(event)}\n`;
}

/** An event as a JSON object with the columns as its fields. */
export function eventJson(event: ContactEvent): string {
  const answer =
    event.kind === 'initial'
      ? `"symbol":"${event.symbol}","is_vowel":${event.isVowel}`
      : '"symbol":null,"is_vowel":null';
  return `{"uuid":"${event.uuid}",${answer},"url":"${event.kind}","date":"${formatInstant(event.at)}","replay":${event.replay}}`;
}
