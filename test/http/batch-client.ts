import { request } from 'undici';
import type { ContactEvent } from '../../src/domain/contact.js';
import type { TestServer } from './support.js';
import { uuid } from './table.js';

export const NDJSON = { 'content-type': 'application/x-ndjson' };

/** Sends a batch, and reads the answer. */
export async function sendBatch(
  { url }: TestServer,
  body: string | Buffer | AsyncIterable<Buffer>,
  headers: Record<string, string> = NDJSON,
) {
  const reply = await request(`${url}/batch`, { method: 'POST', headers, body: body as Buffer });
  return { status: reply.statusCode, headers: reply.headers, body: (await reply.body.json()) as object };
}

/** Followups of so many contacts, from one on, a line each. */
export function followups(count: number, from = 1): string {
  return Array.from({ length: count }, (_, i) => `{"uuid":"${uuid(from + i)}"}`).join('\n');
}

export function uuidsOf(events: readonly ContactEvent[]): string[] {
  return events.map((event) => event.uuid);
}
