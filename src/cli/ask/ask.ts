import { ERRORS, type ErrorCode, TallyboardError } from '../../contract/errors.js';
import { isZone } from '../../reading/time.js';
import { tokenFlags } from '../serve/tokens.js';
import type { Flag } from '../terminal/command.js';
import { parseServerUrl } from './simulate.js';

/** A server that is asked, with its dashboard token where it has one. */
export interface Server {
  readonly url: string;
  readonly dashboardToken?: string;
}

/** Of each command that asks a server for what its dashboard shows. */
export const SERVER_FLAGS: readonly Flag<string>[] = [
  {
    name: 'url',
    value: 'URL',
    description: 'the address of the server',
    fallback: 'http://127.0.0.1:5000',
    parse: parseServerUrl,
  },
  ...tokenFlags({ dashboard: 'the token of the dashboard, where it asks for one' }),
];

/** Of a command with a time zone; `description`: what it is of. */
export function zoneFlag(description: string): Flag<string> {
  return { name: 'tz', value: 'ZONE', description, fallback: 'UTC', parse: parseZone };
}

function parseZone(text: string): string {
  if (isZone(text)) return text;
  throw new Error(`'${text}' is no time zone: write one such as Europe/Paris, or UTC`);
}

const ANSWER_MILLISECONDS_MAX = 60_000;

/** Asks a server; rejects with what it refused, or with `SERVER_UNREACHABLE` where none of this version answers. */
export async function ask<Answer>(
  { url, dashboardToken }: Server,
  path: string,
  { method = 'GET', body }: { readonly method?: 'GET' | 'POST' | 'DELETE'; readonly body?: object } = {},
): Promise<Answer> {
  let status: number;
  let answer: Partial<Record<string, unknown>>;
  try {
    const reply = await fetch(url.replace(/\/+$/, '') + path, {
      method,
      headers: {
        accept: 'application/json',
        ...(dashboardToken === undefined ? {} : { authorization: `Bearer ${dashboardToken}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_MILLISECONDS_MAX),
    });
    status = reply.status;
    const text = await reply.text();
    answer = text === '' ? {} : JSON.parse(text);
  } catch (error) {
    throw new TallyboardError(
      'SERVER_UNREACHABLE',
      `no Tallyboard answers at ${url}: start it, or name another with --url`,
      { cause: (error as Error).cause ?? error },
    );
  }
  if (status < 400) return answer as Answer;
  const { code, detail } = answer as { code?: ErrorCode; detail?: string };
  if (code === undefined || !(code in ERRORS) || code === 'NOT_FOUND') {
    throw new TallyboardError(
      'SERVER_UNREACHABLE',
      `${url} answers ${status}, and not as a Tallyboard of this version does: name another with --url`,
    );
  }
  throw new TallyboardError(
    code,
    code === 'TOKEN_MISSING'
      ? `${url} asks for its dashboard token: give it by TALLYBOARD_DASHBOARD_TOKEN, or with --dashboard-token`
      : (detail ?? ERRORS[code].title),
  );
}
