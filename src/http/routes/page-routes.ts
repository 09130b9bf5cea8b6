import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, TallyboardError } from '../../contract/errors.js';
import { type Access, askForToken } from '../access/access.js';
import { crossSiteRefusal } from '../access/cross-site.js';
import { readSecret } from '../kept/read.js';
import type { Shares } from '../kept/shares.js';
import { readToken } from '../read.js';
import { problemHeaders, sendProblem } from '../reply.js';
import type { App } from './routes.js';
import { SignInFields } from './schemas.js';
import { pathWithin, SIGN_IN_STYLE, signInPage } from './sign-in-page.js';

export interface PageOptions {
  /** The folder of the built page: `index.html`, and `assets` whose names have a hash of their content. */
  readonly folder: string;
  readonly access: Access;
  readonly shares: Shares;
}

/**
 * Nothing but what the server itself sends is loaded, run or sent to; nothing that stands in the page is run
 * or taken for a style; nobody may frame it.
 */
const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
} as const;

/** The same of a page that was made to be framed. */
const FRAMED_HEADERS = {
  ...PAGE_HEADERS,
  'content-security-policy': PAGE_HEADERS['content-security-policy'].replace(
    "frame-ancestors 'none'",
    'frame-ancestors *',
  ),
};

/** As deep below the root of the package where this was compiled to. */
const DOCS_FOLDER = fileURLToPath(new URL('../../../docs', import.meta.url));

/** Adds the page at `/`, its assets, the documents, and the sign-in. */
export function addPageRoutes(app: App, { folder, access: tokens, shares }: PageOptions): void {
  // Parts of files are of no use to a page, and one beyond the end would be an error of the library's own.
  app.register(fastifyStatic, { serve: false, preCompressed: true, acceptRanges: false });

  app.get('/', PAGE, async (request, reply) => {
    if (!(await isThere(join(folder, 'index.html')))) throw notBuilt();
    const secret = readSecret(request.query);
    const share = secret === undefined ? undefined : await shares.find(secret);
    reply.headers(share?.embed === true ? FRAMED_HEADERS : PAGE_HEADERS);
    // Without a token a new release is seen at the next look, and the tag spares the bytes until then. With
    // one, the way back after a sign-out must not lead to figures that the browser kept with the page.
    const caching = tokens.asksFor('dashboard') || secret !== undefined ? 'no-store' : 'no-cache';
    reply.header('cache-control', caching).header('vary', 'accept-encoding');
    return reply.sendFile('index.html', folder, { cacheControl: false });
  });

  app.get('/assets/*', ASSET, async (request, reply) => {
    reply.headers(PAGE_HEADERS).header('vary', 'accept-encoding');
    const { '*': name } = request.params as { '*': string };
    // Its own root, so that no path leads from here to the page, which asks for the token.
    return reply.sendFile(name, join(folder, 'assets'), { immutable: true, maxAge: '1y' });
  });

  // They hold nothing of the store, and tell whoever has not signed in how that is done.
  app.get('/docs/*', ASSET, async (request, reply) => {
    const { '*': name } = request.params as { '*': string };
    if (!name.endsWith('.md')) throw new TallyboardError('NOT_FOUND', 'there is no such document');
    reply.headers(PAGE_HEADERS).header('cache-control', 'no-cache').type('text/plain; charset=utf-8');
    return reply.sendFile(name, DOCS_FOLDER, { cacheControl: false, contentType: false });
  });

  app.get('/sign-in.css', ASSET, (_request, reply) => {
    reply.headers(PAGE_HEADERS).header('cache-control', 'no-cache').type('text/css; charset=utf-8');
    return reply.send(SIGN_IN_STYLE);
  });

  app.post('/sign-in', SIGN_IN, (request, reply) => {
    const { token, next } = readToken(request.body);
    const page = pathWithin(next);
    // Any site could have its visitors' browsers use up the tries of their address.
    const refusal = crossSiteRefusal(request);
    if (refusal !== undefined) return answerSignIn(request, reply, page, refusal);
    if (tokens.asksFor('dashboard')) {
      try {
        reply.header('set-cookie', tokens.signIn(token, request));
      } catch (error) {
        return answerSignIn(request, reply, page, error as TallyboardError);
      }
    }
    return reply.header('cache-control', 'no-store').redirect(page, 303);
  });

  app.post('/sign-out', SIGN_OUT, (request, reply) => {
    // A form of another site comes without the cookie, and signs nobody out.
    if (tokens.hasSession(request)) reply.header('set-cookie', tokens.signOut(request));
    return reply.header('cache-control', 'no-store').redirect('/', 303);
  });
}

/** Answers a request that lacks the token: a browser that asks for the page with the form, others as always. */
export function answerSignIn(
  request: FastifyRequest,
  reply: FastifyReply,
  next: string,
  problem: TallyboardError,
): FastifyReply {
  if (problem.status === 401) askForToken(reply, problem);
  if (!wantsHtml(request)) return sendProblem(reply, problem);
  const message = problem.code === 'TOKEN_MISSING' ? undefined : problem.message;
  return reply
    .code(problem.status)
    .headers({ ...problemHeaders(problem), ...PAGE_HEADERS })
    .type('text/html; charset=utf-8')
    .send(signInPage(next, message, isLedByLink(request)));
}

/** Whether a link of another site may have led here, with which a browser sends no cookie. */
function isLedByLink({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  // Over plain HTTP from afar a browser does not say.
  return site === undefined || site === 'cross-site' || site === 'same-site';
}

function wantsHtml(request: FastifyRequest): boolean {
  return request.headers.accept?.includes('text/html') === true;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function notBuilt(): TallyboardError {
  return new TallyboardError(
    'NOT_FOUND',
    'the page is not built here: run npm run build, and look again; the endpoints, which /openapi.json describes, answer all the same',
  );
}

const PAGE = {
  schema: { operationId: 'openPage', summary: 'The dashboard', produces: ['text/html'] },
  config: { guarded: 'dashboard' as const, isShared: true, errors: ['NOT_FOUND'] as ErrorCode[] },
};
const ASSET = { schema: { hide: true } };
const SIGN_IN = {
  schema: {
    operationId: 'signIn',
    summary: 'Sign in to the dashboard with its token; answers with a cookie',
    description:
      'The form that `/` answers with, where the dashboard asks for a token, is sent here. From the page of another site it is refused.',
    body: { content: { 'application/x-www-form-urlencoded': { schema: SignInFields } } },
    response: { 303: { description: 'Back to the page', type: 'null' } },
  },
  config: {
    errors: [
      'TOKEN_MISSING',
      'TOKEN_WRONG',
      'TOKENS_TOO_MANY',
      'CROSS_SITE',
      'FIELD_REPEATED',
      'BODY_INVALID',
      'BODY_TOO_LARGE',
      'MEDIA_TYPE_UNSUPPORTED',
      'ENCODING_UNSUPPORTED',
    ] as ErrorCode[],
  },
};
const SIGN_OUT = {
  schema: {
    operationId: 'signOut',
    summary: 'Sign out: takes the cookie away',
    response: { 303: { description: 'Back to the page', type: 'null' } },
  },
};
