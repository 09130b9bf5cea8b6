import { createHash, createHmac, scryptSync, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { TallyboardError } from '../../contract/errors.js';
import { WRONG_TOKEN_SECONDS, WrongTokens } from './wrong-tokens.js';

/** The tokens that clients must have; a part of the server without one is open to all. */
export interface Tokens {
  /** For `/`, `/dashboard/*` and `/events*`. */
  readonly dashboard?: string | undefined;
  /** For the POSTs that log events. */
  readonly ingest?: string | undefined;
}

/** Which of the tokens a route asks for. */
export type Guarded = keyof Tokens;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The token that the route asks for, where one is set. */
    guarded?: Guarded;
  }
}

/** A token is long enough that trying all of them is hopeless. */
export const TOKEN_CHARACTERS_MIN = 16;
/** How long a sign-in lasts. */
const SESSION_SECONDS = 7 * 86_400;

/** Who may ask for what. */
export class Access {
  readonly #digests: Readonly<Partial<Record<Guarded, Buffer>>>;
  readonly #sessionKey: Buffer | undefined;
  readonly #cookieName: string | undefined;
  readonly #wrongTokens: WrongTokens;
  readonly #seconds: () => number;

  /** `milliseconds` is the time of day, by which sessions end. */
  constructor(tokens: Tokens, milliseconds: () => number = Date.now, wrongTokens = new WrongTokens()) {
    this.#digests = Object.fromEntries(
      Object.entries(tokens).flatMap(([guarded, token]) =>
        token === undefined ? [] : [[guarded, digest(token)]],
      ),
    );
    // It follows from the token, so that a restart signs nobody out; slowly, so that a session that was seen
    // is of no use for trying out tokens.
    this.#sessionKey =
      tokens.dashboard === undefined
        ? undefined
        : scryptSync(tokens.dashboard, 'tallyboard session 1', SESSION_KEY_BYTES);
    // A browser sends cookies to every port of a host: servers with other tokens must not meet in one name.
    this.#cookieName =
      this.#sessionKey &&
      `tallyboard_session_${hmac(this.#sessionKey, 'cookie name').toString('hex').slice(0, 8)}`;
    this.#seconds = () => Math.floor(milliseconds() / 1000);
    this.#wrongTokens = wrongTokens;
  }

  /** Why a request may not pass where a token is asked for; undefined where it may. */
  refusal(request: FastifyRequest, guarded: Guarded): TallyboardError | undefined {
    const expected = this.#digests[guarded];
    if (expected === undefined) return undefined;
    if (guarded === 'dashboard' && this.hasSession(request)) return undefined;
    const token = /^Bearer +([^ ]+) *$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) {
      return new TallyboardError(
        'TOKEN_MISSING',
        `this needs the ${guarded} token: send it as Authorization: Bearer TOKEN`,
      );
    }
    // Wrong tokens must not keep the right ones of the same address from logging contacts.
    if (guarded === 'ingest') return sameDigest(token, expected) ? undefined : wrongToken('ingest');
    return this.#tryToken(token, expected, request);
  }

  /** Whether the token is set, and so asked for. */
  asksFor(guarded: Guarded): boolean {
    return this.#digests[guarded] !== undefined;
  }

  /** Tries the token of a sign-in; answers with the header that sets the session's cookie. Throws the refusal. */
  signIn(token: string, request: FastifyRequest): string {
    const refusal = this.#tryToken(token, this.#digests.dashboard!, request);
    if (refusal !== undefined) throw refusal;
    const end = String(this.#seconds() + SESSION_SECONDS);
    return this.#cookie(`${end}.${this.#signature(end)}`, SESSION_SECONDS, request);
  }

  /** The header that takes the cookie of a session away. */
  signOut(request: FastifyRequest): string {
    return this.#cookie('', 0, request);
  }

  /** Whether a request comes with the cookie of a session that has not ended. */
  hasSession(request: FastifyRequest): boolean {
    if (this.#sessionKey === undefined) return false;
    // Other programs of the host can set a cookie of the name, which may come before the right one.
    return this.#cookiesOf(request).some((value) => this.#isSession(value));
  }

  #isSession(value: string): boolean {
    const [end, signature] = value.split('.');
    if (end === undefined || signature === undefined || !/^\d{1,12}$/.test(end)) return false;
    return sameDigest(signature, digest(this.#signature(end))) && Number(end) > this.#seconds();
  }

  #cookiesOf(request: FastifyRequest): string[] {
    const start = `${this.#cookieName}=`;
    return (request.headers.cookie ?? '')
      .split(';')
      .map((pair) => pair.trimStart())
      .flatMap((pair) => (pair.startsWith(start) ? [pair.slice(start.length)] : []));
  }

  #cookie(value: string, seconds: number, request: FastifyRequest): string {
    const isSecure = /^https\b/i.test(String(request.headers['x-forwarded-proto']));
    const secure = isSecure ? '; Secure' : '';
    return `${this.#cookieName}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure}`;
  }

  #tryToken(token: string, expected: Buffer, request: FastifyRequest): TallyboardError | undefined {
    // A client that has gone already has no address any more.
    const address = request.socket.remoteAddress ?? '';
    if (!this.#wrongTokens.mayTry(address)) {
      return new TallyboardError(
        'TOKENS_TOO_MANY',
        `too many wrong tokens came from this address: try again in ${WRONG_TOKEN_SECONDS} seconds`,
      );
    }
    if (sameDigest(token, expected)) return undefined;
    this.#wrongTokens.note(address);
    return wrongToken('dashboard');
  }

  #signature(end: string): string {
    return hmac(this.#sessionKey!, end).toString('base64url');
  }
}

/** Says with a 401 how a token is to be sent. */
export function askForToken(reply: FastifyReply, { code }: TallyboardError): void {
  const reason = code === 'TOKEN_WRONG' ? ', error="invalid_token"' : '';
  reply.header('www-authenticate', `Bearer realm="tallyboard"${reason}`);
}

const SESSION_KEY_BYTES = 32;

function wrongToken(guarded: Guarded): TallyboardError {
  return new TallyboardError(
    'TOKEN_WRONG',
    `the token is not the ${guarded} token of this server: look for typing errors, or ask who runs it`,
  );
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** In a time that tells nothing of where they differ. */
function sameDigest(text: string, expected: Buffer): boolean {
  return timingSafeEqual(digest(text), expected);
}
