import { type Guarded, TOKEN_CHARACTERS_MIN, type Tokens } from '../../http/access/access.js';
import { isLoopback } from '../../http/access/cross-site.js';
import type { Flag } from '../terminal/command.js';

/** The flags of the tokens that are described, with what each is for. */
export function tokenFlags(descriptions: Readonly<Partial<Record<Guarded, string>>>): Flag<string>[] {
  return Object.entries(descriptions).map(([guarded, description]) => ({
    name: `${guarded}-token`,
    value: 'TOKEN',
    description: `${description}; better given by the environment, which others on the machine do not see`,
    parse: parseToken,
  }));
}

/** What stands open to others on the network and asks for no token, for a warning; undefined where nothing does. */
export function openToOthers(host: string, { dashboard, ingest }: Tokens): string | undefined {
  if (isLoopback(host)) return undefined;
  const open = [
    ...(dashboard === undefined ? ['the dashboard and the raw events (--dashboard-token)'] : []),
    ...(ingest === undefined ? ['the POSTs that log events (--ingest-token)'] : []),
  ];
  return open.length === 0 ? undefined : open.join(' and ');
}

/** The value is not shown: it may be a token with a typing error. */
function parseToken(text: string): string {
  if (!/^[\x21-\x7e]*$/.test(text)) throw new Error('a token has letters, digits and signs of ASCII only');
  if (text.length >= TOKEN_CHARACTERS_MIN) return text;
  throw new Error(
    `a token has at least ${TOKEN_CHARACTERS_MIN} characters, so that it cannot be guessed: make one with openssl rand -hex 16`,
  );
}
