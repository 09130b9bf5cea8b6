import { createHash, createHmac, scryptSync, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { TallyboardError } from '../contract/errors.js';
import { WRONG_TOKEN_SECONDS, WrongTokens } from './wrong-tokens.js';

/** The tokens that clients must have; a part of the server without one is open to all. */
export interface Tokens {
  /** For `/`, `/dashboard/*` and `/events*`. */
  readonly dashboard?: string | undefined;
  /** For the two POSTs. */
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
const SESSION_COOKIE = 'tallyboard_session';
/** How long a sign-in lasts. */
const SESSION_SECONDS = 7 * 86_400;

/** Who may ask for what. */
export class Access {
  readonly #digests: Readonly<Partial<Record<Guarded, Buffer>>>;
  readonly #sessionKey: Buffer | undefined;
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

  /** Tries the token of a sign-in; answers with the value of the session's cookie. Throws the refusal. */
  signIn(token: string, request: FastifyRequest): string {
    const refusal = this.#tryToken(token, this.#digests.dashboard!, request);
    if (refusal !== undefined) throw refusal;
    const end = String(this.#seconds() + SESSION_SECONDS);
    return `${end}.${this.#signature(end)}`;
  }

  /** Whether a request comes with the cookie of a session that has not ended. */
  hasSession(request: FastifyRequest): boolean {
    if (this.#sessionKey === undefined) return false;
    const [end, signature] = cookieOf(request)?.split('.') ?? [];
    if (end === undefined || signature === undefined || !/^\d{1,12}$/.test(end)) return false;
    return sameDigest(signature, digest(this.#signature(end))) && Number(end) > this.#seconds();
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
    return createHmac('sha256', this.#sessionKey!).update(end).digest('base64url');
  }
}

/** The header that sets the cookie of a session, or (`value` empty) takes it away. */
export function sessionCookie(value: string, request: FastifyRequest): string {
  const isSecure = /^https\b/i.test(String(request.headers['x-forwarded-proto']));
  const seconds = value === '' ? 0 : SESSION_SECONDS;
  const secure = isSecure ? '; Secure' : '';
  return `${SESSION_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure}`;
}

/** Says with a 401 how a token is to be sent. */
export function askForToken(reply: FastifyReply, { code }: TallyboardError): void {
  const reason = code === 'TOKEN_WRONG' ? ', error="invalid_token"' : '';
  reply.header('www-authenticate', `Bearer realm="tallyboard"${reason}`);
}

const SESSION_KEY_BYTES = 32;
const COOKIE_FORM = new RegExp(`(?:^|;) *${SESSION_COOKIE}=([^;]*)`);

function wrongToken(guarded: Guarded): TallyboardError {
  return new TallyboardError(
    'TOKEN_WRONG',
    `the token is not the ${guarded} token of this server: look for typing errors, or ask who runs it`,
  );
}

function cookieOf(request: FastifyRequest): string | undefined {
  return COOKIE_FORM.exec(request.headers.cookie ?? '')?.[1];
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** In a time that tells nothing of where they differ. */
function sameDigest(text: string, expected: Buffer): boolean {
  return timingSafeEqual(digest(text), expected);
}
