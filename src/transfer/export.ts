import type { EventSource, EventSpan } from '../contract/store.js';
import type { ContactEvent } from '../domain/contact.js';
import { EVENT_CSV_HEAD, type EventFormat, eventCsv, eventNdjson } from '../domain/event-text.js';
import { chunked } from './archive/merge.js';
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
  return await inChunks(chunksOf(source, options), options, (events) => {
    let text = '';
    for (const event of events) text += print(event);
    return output.write(text);
  });
}

/** The raw events in time order, some at a time. */
export function chunksOf(
  source: Pick<EventSource, 'events'>,
  { span }: ExportOptions,
): AsyncGenerator<readonly ContactEvent[]> {
  return chunked(source.events(span), CHUNK_EVENTS);
}

/** Hands chunks of events to `write`, until it wants no more. */
export async function inChunks<T extends { readonly length: number }>(
  chunks: AsyncIterable<T>,
  { interrupted, onProgress }: ExportOptions,
  write: (chunk: T) => Promise<boolean>,
): Promise<ExportSummary> {
  let events = 0;
  for await (const chunk of chunks) {
    if (!(await write(chunk))) return { result: 'stopped', events };
    events += chunk.length;
    onProgress?.(events);
    if (interrupted?.aborted) return { result: 'interrupted', events };
  }
  return { result: 'complete', events };
}
