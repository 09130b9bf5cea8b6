import type { EventSource, EventSpan } from '../contract/store.js';
import type { ContactEvent } from '../domain/contact.js';
import { EVENT_CSV_HEAD, type EventFormat, eventCsv, eventNdjson } from '../domain/event-text.js';
import type { Output } from './output.js';

export interface ExportOptions {
  readonly span?: EventSpan;
  readonly interrupted?: AbortSignal;
  /** Called now and then with the number of events written. */
  readonly onProgress?: (events: number) => void;
}

export interface ExportSummary {
  /** `stopped`: the reader of the output wanted no more. */
  readonly result: 'complete' | 'interrupted' | 'stopped';
  readonly events: number;
}

const CHUNK_EVENTS = 1024;

/** Writes the raw events in time order as text. */
export async function exportText(
  source: Pick<EventSource, 'events'>,
  format: EventFormat,
  output: Output,
  options: ExportOptions = {},
): Promise<ExportSummary> {
  const print = format === 'csv' ? eventCsv : eventNdjson;
  if (format === 'csv' && !(await output.write(EVENT_CSV_HEAD))) {
    return { result: 'stopped', events: 0 };
  }
  return await inChunks(source, options, (events) => {
    let text = '';
    for (const event of events) text += print(event);
    return output.write(text);
  });
}

/** Hands the events to `write`, some at a time, until it wants no more. */
export async function inChunks(
  source: Pick<EventSource, 'events'>,
  options: ExportOptions,
  write: (events: readonly ContactEvent[]) => Promise<boolean>,
): Promise<ExportSummary> {
  let events = 0;
  let chunk: ContactEvent[] = [];
  for await (const event of source.events(options.span)) {
    chunk.push(event);
    if (chunk.length < CHUNK_EVENTS) continue;
    if (!(await write(chunk))) return { result: 'stopped', events };
    events += chunk.length;
    chunk = [];
    options.onProgress?.(events);
    if (options.interrupted?.aborted) return { result: 'interrupted', events };
  }
  if (chunk.length > 0 && !(await write(chunk))) return { result: 'stopped', events };
  return { result: 'complete', events: events + chunk.length };
}
