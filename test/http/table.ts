import { Client } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ContactEvent } from '../../src/domain/contact.js';
import { startTestServer, type TestServer } from './support.js';

export interface Call {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** One row: what is sent, what comes back, and what is stored by it. */
export interface Row {
  readonly name: string;
  /** Sent before, and not looked at. */
  readonly after?: readonly Call[];
  readonly call: Call;
  readonly status: number;
  /** A text is compared with the whole body; an object with the body read as JSON. */
  readonly body?: string | object;
  /** The code of a problem document. */
  readonly code?: string;
  /** What the detail of the problem must say. */
  readonly detail?: RegExp;
  /** Of a header that must not be there: null. */
  readonly headers?: Record<string, string | null>;
  /** The fields of the events that the call adds, in order. */
  readonly stored: readonly Partial<ContactEvent>[];
}

/** Runs the rows of a table against one server over the model. */
export function runTable(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    let server: TestServer;
    let client: Client;

    beforeAll(async () => {
      server = await startTestServer();
      client = new Client(server.url);
    });

    afterAll(async () => {
      await client.close();
      await server.stop();
    });

    async function send(call: Call) {
      const reply = await client.request({
        method: (call.method ?? 'POST') as 'POST',
        path: call.path,
        headers: call.headers ?? {},
        ...(call.body === undefined ? {} : { body: call.body }),
      });
      return { status: reply.statusCode, headers: reply.headers, text: await reply.body.text() };
    }

    for (const row of rows) test(row.name, () => check(row));

    async function check(row: Row): Promise<void> {
      for (const call of row.after ?? []) await send(call);
      const before = await server.stored();
      const reply = await send(row.call);
      const added = (await server.stored()).slice(before.length);

      expect(reply.status, reply.text).toBe(row.status);
      if (typeof row.body === 'string') expect(reply.text).toBe(row.body);
      else if (row.body !== undefined) expect(JSON.parse(reply.text)).toEqual(row.body);
      if (row.code !== undefined) {
        expect(reply.headers['content-type']).toBe('application/problem+json');
        const problem = JSON.parse(reply.text);
        expect(problem).toMatchObject({ status: row.status, code: row.code });
        expect(Object.keys(problem)).toEqual(['type', 'title', 'status', 'detail', 'code']);
        if (row.detail !== undefined) expect(problem.detail).toMatch(row.detail);
      }
      for (const [name, value] of Object.entries(row.headers ?? {})) {
        expect(reply.headers[name], name).toBe(value ?? undefined);
      }
      expect(added).toEqual(row.stored.map((event) => expect.objectContaining(event)));
      // A call that stores nothing changes nothing that was there, either.
      if (added.length === 0) expect(await server.stored()).toEqual(before);
    }
  });
}

/** A uuid that no other row has. */
export function uuid(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

export const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
export const JSON_BODY = { 'content-type': 'application/json' };
export const JSON_REPLY = { accept: 'application/json' };
