import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { noteConnection } from '../../contract/breath.js';
import { TallyboardError } from '../../contract/errors.js';
import type { Log } from '../../contract/store.js';
import { type Metrics, NO_ROUTE } from '../metrics/metrics.js';
import { urlTooLong } from '../problems.js';
import { problemDocument, problemHeaders } from '../reply.js';
import { drain } from './arrivals.js';
import { createStallCutter, LOOK_SECONDS } from './clients.js';
import type { Limits } from './limits.js';

/** What Node tells of a connection on which no request could be read. */
interface ConnectionError extends Error {
  readonly code?: string | undefined;
  readonly rawPacket?: unknown;
}

/** Node keeps the answer that a connection is busy with here; it has no public name. */
type ServerSocket = Duplex & { readonly _httpMessage?: ServerResponse<IncomingMessage> | null };

/** Requests that were answered before their body had come, by their connection. */
const answeredEarly = new WeakMap<Duplex, IncomingMessage>();

/** Notes that a request is answered now; where its body never comes, no second answer is to be sent. */
export function noteAnswer(request: IncomingMessage): void {
  if (!request.complete) answeredEarly.set(request.socket, request);
}

/** How long a refused client has to read why before its connection is cut. */
const LINGER_SECONDS = 1;

/** Makes the handler of what never becomes a request: malformed HTTP, too large headers, slowness. */
export function createConnectionRefusal(
  limits: Limits,
  metrics: Metrics,
): (error: ConnectionError, socket: ServerSocket) => void {
  const refused = new WeakSet<ServerSocket>();

  function refuse(error: ConnectionError, socket: ServerSocket): void {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    if (answeredEarly.get(socket)?.complete === false) {
      socket.destroy();
      return;
    }
    const answering = socket._httpMessage;
    // A whole request before it on the same connection is answered first: its event may be stored already.
    if (answering?.req.complete === true) answering.once('close', () => refuse(error, socket));
    else if (answering?.headersSent === true) socket.destroy();
    else writeProblem(socket, connectionProblem(error, limits), metrics);
  }

  return (error, socket) => {
    // The rest of what a refused client sends fails again.
    if (refused.has(socket)) return;
    refused.add(socket);
    refuse(error, socket);
  };
}

/** How often a client that has ended its half of the connection is asked whether it waits for its answer. */
const ASK_SECONDS = 0.25;

/**
 * Answers what Node would drop without a word, counts what it must drop, and cuts off who takes nothing.
 * Answers with a function that closes the connections on which no request is being answered: Node's own passes
 * over those that have sent nothing yet, or half of a request.
 */
export function watchConnections(server: Server, metrics: Metrics, log: Log): () => void {
  const sockets = new Set<Socket & ServerSocket>();
  // A client may end its half once all is said (`nc -N`). Node has no public name for this.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on('connection', (socket) => {
    noteConnection();
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.once('end', () => askWhetherItWaits(socket));
  });
  const cutStalled = createStallCutter(log);
  const looking = setInterval(() => cutStalled(sockets), LOOK_SECONDS * 1000).unref();
  server.once('close', () => clearInterval(looking));
  server.on('connect', (_request, socket) => {
    const problem = new TallyboardError('METHOD_NOT_ALLOWED', 'this server is no proxy: it takes no CONNECT');
    writeProblem(socket, problem, metrics, 'CONNECT');
  });
  // An expectation that is not known may be ignored, and most that is sent with it is a plain request.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  // Before it may be answered.
  server.prependListener('request', (request, response) => {
    if (request.headers['transfer-encoding'] === undefined) return;
    response.once('prefinish', () => void drain(request));
  });
  server.on('drop', () => metrics.connectionsDropped.inc());
  return () => {
    for (const socket of sockets) {
      const answering = socket._httpMessage ?? null;
      if (answering === null && socket.writableLength === 0) socket.destroy();
    }
  };
}

/**
 * A client that has gone altogether ends its half as one does that waits; only what is sent to it tells them
 * apart. So where the answer takes longer, it is told that it is under way, and whoever has gone refuses that.
 */
function askWhetherItWaits(socket: ServerSocket): void {
  if ((socket._httpMessage ?? null) === null) return;
  const asking = setInterval(() => {
    const answering = socket._httpMessage;
    // HTTP/1.0 knows no such word.
    if (answering?.headersSent === false && answering.req.httpVersion === '1.1') answering.writeProcessing();
  }, ASK_SECONDS * 1000).unref();
  socket.once('close', () => clearInterval(asking));
}

function connectionProblem(error: ConnectionError, limits: Limits): TallyboardError {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      // Node counts the URL among the headers; what came last tells which of them was too long.
      return isLongUrl(error.rawPacket, limits.urlBytesMax)
        ? urlTooLong(limits)
        : new TallyboardError(
            'HEADERS_TOO_LARGE',
            `the headers are larger than ${limits.headerBytesMax} bytes: send fewer or shorter ones`,
          );
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new TallyboardError(
        'REQUEST_TIMEOUT',
        `the request did not arrive in time: headers have ${limits.headersSeconds} s, a whole request has ${limits.bodySeconds} s`,
      );
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new TallyboardError('BODY_TOO_LARGE', 'the chunk extensions of the body are too large');
    default:
      return new TallyboardError('REQUEST_INVALID', 'what was sent is not HTTP/1.1: see RFC 9112');
  }
}

function isLongUrl(packet: unknown, urlBytesMax: number): boolean {
  if (!Buffer.isBuffer(packet)) return false;
  const target = /^[A-Z]+ (\S*)/.exec(packet.toString('latin1'))?.[1];
  return target !== undefined && target.length > urlBytesMax;
}

function writeProblem(
  socket: Duplex,
  problem: TallyboardError,
  metrics: Metrics,
  method: string = NO_ROUTE,
): void {
  metrics.unrouted(method, problem.status);
  const body = problemDocument(problem);
  const headers: Record<string, string> = {
    ...problemHeaders(problem),
    ...(problem.status === 405 ? { allow: '' } : {}),
    'content-length': String(Buffer.byteLength(body)),
    date: new Date().toUTCString(),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join('')}\r\n${body}`);
  // Cutting the connection with bytes unread would take the answer away from the client.
  setTimeout(() => socket.destroy(), LINGER_SECONDS * 1000).unref();
}
