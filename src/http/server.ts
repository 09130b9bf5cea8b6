import accepts from '@fastify/accepts';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { TallyboardError } from '../contract/errors.js';
import type { Guarded } from './access/access.js';
import { Locality } from './access/cross-site.js';
import { createGuard } from './access/guard.js';
import { BatchRoom } from './batch/room.js';
import { addBodyReaders, bodyRefusal } from './bodies.js';
import { Notes } from './kept/notes.js';
import { Shares } from './kept/shares.js';
import { LiveHub } from './live/hub.js';
import { createFailureLog, type FailureLog } from './log/failure-log.js';
import { loggedUrl } from './log/logged-url.js';
import type { Metrics } from './metrics/metrics.js';
import { asProblem, headerRefusal, unroutable, urlTooLong } from './problems.js';
import { sendProblem } from './reply.js';
import { AllowedMethods } from './routes/allowed-methods.js';
import { addBatchRoute } from './routes/batch-route.js';
import { addDashboardRoutes } from './routes/dashboard-routes.js';
import { addEventRoutes } from './routes/event-routes.js';
import { addKeptRoutes } from './routes/kept-routes.js';
import { describeRoutes } from './routes/openapi.js';
import { addPageRoutes } from './routes/page-routes.js';
import { type App, addRoutes } from './routes/routes.js';
import { compilersFactory } from './schema-compilers.js';
import type { ServerOptions } from './server-options.js';
import { phaseRefusal, refusesAll } from './sockets/lifecycle.js';
import { CONNECTIONS_CHECK_SECONDS, milliseconds } from './sockets/limits.js';
import { awaitTurn } from './sockets/readings.js';
import { Slots } from './sockets/slots.js';
import { createConnectionRefusal, noteAnswer, watchConnections } from './sockets/sockets.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** Closes the connections on which no request is being answered. */
    closeUnused(): void;
  }
  interface FastifyRequest {
    /** When the headers had been read, by the monotonic clock. */
    startedAt: number;
  }
}

/** Makes the HTTP server, not yet listening. */
export function createServer(options: ServerOptions): App {
  const { data, limits, log, lifecycle, metrics, access, accessLog = false } = options;
  const shares = new Shares(data, log);
  const answering = { metrics, logFailure: createFailureLog(log) };
  const app: App = fastify({
    logger: false,
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: milliseconds(limits.bodySeconds),
    keepAliveTimeout: milliseconds(limits.idleSeconds),
    // The refusal while stopping is a problem document of our own.
    return503OnClosing: false,
    schemaController: { compilersFactory },
    routerOptions: { maxParamLength: limits.urlBytesMax },
    http: {
      maxHeaderSize: limits.headerBytesMax,
      // Node refuses headers that may take longer than the whole request.
      headersTimeout: milliseconds(Math.min(limits.headersSeconds, limits.bodySeconds)),
      requestTimeout: milliseconds(limits.bodySeconds),
      connectionsCheckingInterval: milliseconds(CONNECTIONS_CHECK_SECONDS),
      // Node refuses a request without Host, too, but without saying why.
      requireHostHeader: false,
    },
    clientErrorHandler: createConnectionRefusal(limits, metrics),
    frameworkErrors(error, request, reply) {
      const problem = unroutable(error.code, request.url, limits);
      metrics.unrouted(request.method, problem.status);
      sendProblem(reply as FastifyReply, problem);
    },
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.server.maxConnections = limits.connectionsMax;
  app.decorate('closeUnused', watchConnections(app.server, metrics, log));

  addBodyReaders(app);
  app.register(accepts);

  const allowed = new AllowedMethods();
  const locality = options.allowHosts && new Locality(options.allowHosts);
  /** What judges requests for something that asks for no token; all else asks for none where no token is set. */
  const localityOf = (guarded: Guarded | undefined) => {
    const parts: readonly Guarded[] = guarded === undefined ? ['dashboard', 'ingest'] : [guarded];
    return parts.some((part) => access.asksFor(part)) ? undefined : locality;
  };
  const unrouted = localityOf(undefined);
  app.decorateRequest('startedAt', 0);
  app.addHook('onRequest', (request, reply, done) => {
    request.startedAt = performance.now();
    const problem =
      refusal(request, options) ?? (request.is404 ? unrouted?.refusal(request, false) : bodyRefusal(request));
    if (problem !== undefined) answerProblem(request, reply, problem, answering);
    else if (request.is404) answerUnknown(request, reply, allowed, options);
    else done();
  });
  // A path that has a route, and no file behind it.
  app.setNotFoundHandler((_request, reply) => {
    sendProblem(reply, new TallyboardError('NOT_FOUND', `there is nothing at this path: ${PATHS_HELP}`));
  });
  app.addHook('onRoute', (route) => {
    const methods = [route.method].flat();
    allowed.add(route.url, methods);
    const guarded = route.config?.guarded;
    const local = localityOf(guarded);
    // The POSTs are the hot path: they do not even ask where there is nothing to ask for.
    if (
      guarded === 'dashboard' ||
      local !== undefined ||
      (guarded !== undefined && access.asksFor(guarded))
    ) {
      route.onRequest = createGuard({
        ...{ guarded, locality: local, access },
        shares: route.config?.isShared === true ? shares : undefined,
        answerProblem: (request, reply, problem) => answerProblem(request, reply, problem, answering),
      });
    }
    if (guarded === 'dashboard') route.preHandler = awaitTurn;
    const count = metrics.forRoute(methods.join(), route.url);
    route.onSend = (request, reply, payload, done) => {
      // Nothing more is to come on a connection that the server is about to close.
      if (lifecycle.phase === 'stopping') reply.header('connection', 'close');
      count(reply.statusCode, (performance.now() - request.startedAt) / 1000);
      done(null, payload);
    };
  });
  if (accessLog) {
    app.addHook('onResponse', (request, reply, done) => {
      const { method, ip } = request;
      const seconds = (performance.now() - request.startedAt) / 1000;
      log.info({ method, url: loggedUrl(request), ip, status: reply.statusCode, seconds }, 'answered');
      done();
    });
  }
  app.setErrorHandler((error, request, reply) => {
    answerProblem(request, reply, asProblem(error, limits), answering);
  });
  // Once the plugins above are there.
  app.register(async (instance) => addAllRoutes(instance as App, options, shares));
  return app;
}

function addAllRoutes(app: App, options: ServerOptions, shares: Shares): void {
  const { about, data, feed, now, log, limits, lifecycle, metrics, access, pageFolder } = options;
  const { warnings, trouble } = options;
  const readings = new Slots(limits.eventReadingsMax);
  const hub = new LiveHub({ data, feed, now, log, clientsMax: limits.liveClientsMax });
  const batches = new BatchRoom(limits.batchQueueEventsMax);
  metrics.watch({
    about,
    data,
    lifecycle,
    limits,
    server: app.server,
    readings,
    batches,
    hub,
    warnings,
    trouble,
  });
  // Streams without an end would keep the server from stopping.
  app.addHook('preClose', async () => hub.close());
  addRoutes(app, options, describeRoutes(app));
  addBatchRoute(app, options, batches);
  const notes = new Notes(data, log);
  addDashboardRoutes(app, options, { readings, series: new Slots(limits.seriesReadingsMax), hub, notes });
  addKeptRoutes(app, options, { notes, shares });
  addEventRoutes(app, options, readings);
  addPageRoutes(app, { folder: pageFolder, access, shares });
}

/** What can be said against a request before its body is read. */
function refusal(request: FastifyRequest, { lifecycle, limits }: ServerOptions): TallyboardError | undefined {
  const { url } = request.raw;
  if (url !== undefined && url.length > limits.urlBytesMax) return urlTooLong(limits);
  const problem = headerRefusal(request.raw);
  if (problem !== undefined) return problem;
  if (refusesAll(lifecycle) && request.routeOptions.url !== '/healthz') return phaseRefusal('stopping');
  return undefined;
}

function answerProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: TallyboardError,
  { metrics, logFailure }: { metrics: Metrics; logFailure: FailureLog },
): void {
  // A path without a route has no counter of its own.
  if (request.is404) metrics.unrouted(request.method, problem.status);
  if (problem.status >= 500 && !EXPECTED_CODES.has(problem.code) && request.routeOptions.url !== '/readyz') {
    logFailure(problem, { method: request.method, url: loggedUrl(request) });
  }
  // The rest of a body that was not read is dropped by Node, so the connection can go on.
  if (GOES_ON_CODES.has(problem.code)) reply.removeHeader('connection');
  // Dropped or not, the rest takes as long to be read.
  if (problem.code === 'CHUNKS_TOO_SMALL') reply.header('connection', 'close');
  noteAnswer(request.raw);
  sendProblem(reply, problem);
}

const GOES_ON_CODES: ReadonlySet<string> = new Set(['BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED']);

/** Whoever moves the server to another phase logs it once, as a store does its trouble, which /readyz tells. */
const EXPECTED_CODES: ReadonlySet<string> = new Set(['STORE_OPENING', 'SERVER_STOPPING']);

function answerUnknown(
  request: FastifyRequest,
  reply: FastifyReply,
  allowed: AllowedMethods,
  { metrics }: ServerOptions,
): void {
  const { method, url } = request;
  const methods = allowed.of(url);
  const problem =
    methods === undefined
      ? new TallyboardError('NOT_FOUND', `there is nothing at this path: ${PATHS_HELP}`)
      : new TallyboardError('METHOD_NOT_ALLOWED', `this path does not take ${method}, but ${methods}`);
  if (methods !== undefined) reply.header('allow', methods);
  metrics.unrouted(method, problem.status);
  noteAnswer(request.raw);
  sendProblem(reply, problem);
}

const PATHS_HELP =
  'the page is at /; the endpoints are POST /initial, POST /followup, POST /batch, GET /dashboard/symbol/S and GET /dashboard/range/L/U; all are described at /openapi.json';
