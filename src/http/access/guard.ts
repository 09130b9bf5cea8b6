import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, TallyboardError } from '../../contract/errors.js';
import { readSecret } from '../kept/read.js';
import type { Shares } from '../kept/shares.js';
import { FRAMED_NOWHERE } from '../reply.js';
import { answerSignIn } from '../routes/page-routes.js';
import { noteAnswer } from '../sockets/sockets.js';
import { type Access, askForToken, type Guarded } from './access.js';
import type { Locality } from './cross-site.js';

/** What judges the requests of one route. */
export interface GuardParts {
  readonly guarded: Guarded | undefined;
  readonly locality: Locality | undefined;
  readonly access: Access;
  /** Those that may ask for it in place of the token. */
  readonly shares: Shares | undefined;
  answerProblem(request: FastifyRequest, reply: FastifyReply, problem: TallyboardError): void;
}

/** Makes the hook of a route that asks for a token, for a shared link, or for a request of this machine's own. */
export function createGuard({
  guarded,
  locality,
  access,
  shares,
  answerProblem,
}: GuardParts): (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void {
  function refuse(request: FastifyRequest, reply: FastifyReply, problem: TallyboardError): void {
    if (request.routeOptions.url === '/' && access.asksFor('dashboard')) {
      noteAnswer(request.raw);
      answerSignIn(request, reply, request.url, problem);
    } else {
      if (problem.status === 401) askForToken(reply, problem);
      answerProblem(request, reply, problem);
    }
  }

  return (request, reply, done) => {
    if (guarded === 'dashboard') reply.headers(DATA_HEADERS);
    const problem =
      locality?.refusal(request, guarded !== undefined) ??
      (guarded === undefined ? undefined : access.refusal(request, guarded));
    if (problem === undefined) {
      done();
      return;
    }
    const secret = LINK_SUFFICES.has(problem.code) ? readSecret(request.query) : undefined;
    if (secret === undefined || shares === undefined) refuse(request, reply, problem);
    else {
      shares
        .find(secret)
        .then(
          (share) => (share === undefined ? refuse(request, reply, withdrawn()) : done()),
          (error: Error) => (error instanceof TallyboardError ? refuse(request, reply, error) : done(error)),
        )
        // Nobody else would hear of it.
        .catch(done);
    }
  };
}

/** What is refused to whoever has no link: to come without the token, or to stand in the frame of another site. */
const LINK_SUFFICES: ReadonlySet<ErrorCode> = new Set(['TOKEN_MISSING', 'TOKEN_WRONG', 'CROSS_SITE']);

/** No other site may load or frame what the dashboard is told, nor have it taken for something else. */
const DATA_HEADERS = {
  ...FRAMED_NOWHERE,
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
} as const;

function withdrawn(): TallyboardError {
  return new TallyboardError(
    'LINK_WITHDRAWN',
    'this link was withdrawn, or is not as it was given: ask whoever gave it',
  );
}
