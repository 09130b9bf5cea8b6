import { request } from 'undici';
import type { TestServer } from './support.js';
import { FORM } from './table.js';

export const DASHBOARD = 'the-dashboard-token-1';
export const INGEST = 'the-ingest-token-123456';
export const TOKENS = { dashboard: DASHBOARD, ingest: INGEST };

interface Sent {
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'HEAD';
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export async function send(
  { url }: TestServer,
  path: string,
  { method = 'GET', headers = {}, body }: Sent = {},
) {
  const reply = await request(url + path, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = path === '/dashboard/live' && reply.statusCode === 200 ? '' : await reply.body.text();
  if (text === '') {
    reply.body.on('error', () => {});
    reply.body.destroy();
  }
  return { status: reply.statusCode, headers: reply.headers, text };
}

/** Sends the form of the sign-in, as a browser does. */
export async function signIn(
  server: TestServer,
  token: string,
  extra: Record<string, string> = {},
  next = '/?range=today',
) {
  return send(server, '/sign-in', {
    method: 'POST',
    headers: { ...FORM, accept: 'text/html', ...extra },
    body: new URLSearchParams({ token, next }).toString(),
  });
}

export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** The cookie that an answer sets, as a browser sends it. */
export function cookieOf(headers: Record<string, string | string[] | undefined>): string {
  return String(headers['set-cookie']).split(';')[0]!;
}
