import { fileURLToPath } from 'node:url';
import { describe, TallyboardError } from '../../contract/errors.js';
import { dataInterface } from '../../contract/group-commit.js';
import { noisyGuess } from '../../domain/guess.js';
import { Access, type Tokens } from '../../http/access/access.js';
import { isLoopback } from '../../http/access/cross-site.js';
import { LiveFeed } from '../../http/live/feed.js';
import type { Lifecycle } from '../../http/sockets/lifecycle.js';
import { LIMITS, type Limits } from '../../http/sockets/limits.js';
import { stopServer } from '../../http/stop.js';
import { createStore, parseStoreUrl, shownUrl } from '../../stores/index.js';
import { eventIds, systemClock } from '../terminal/clock.js';
import {
  type Command,
  ENGINE_FLAG,
  exitCodeOf,
  storeFlag,
  type Terminal,
  type Values,
} from '../terminal/command.js';
import { oneOf, wholeNumber } from '../terminal/config.js';
import { LOG_LEVELS } from '../terminal/log.js';
import { explain } from '../terminal/process.js';
import { parseSeed, seededRandom } from '../terminal/random.js';
import { version } from '../terminal/version.js';
import { loadGuess } from './guess.js';
import { limitFlags } from './limit-flags.js';
import { inheritedSocket, listen } from './listen.js';
import { openToOthers, tokenFlags } from './tokens.js';
import { VERIFY_EVERY_FLAG, Verifying, type VerifyingOptions } from './verifying.js';

/** Where the build puts the page; the same from `src` and from `dist`. */
const PAGE_FOLDER = fileURLToPath(new URL('../../../dist/web', import.meta.url));

export interface ServeConfig extends VerifyingOptions {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  /** A file with a guess of one's own. */
  readonly guess?: string | undefined;
  /** Fixes the random source of the guess. */
  readonly seed?: number | undefined;
  readonly salvage?: boolean;
  readonly accessLog?: boolean;
  readonly tokens?: Tokens;
  /** The names, besides loopback's, to which a server on the loopback address answers without tokens. */
  readonly allowHost?: readonly string[];
  readonly limits?: Limits;
}

export interface RunningServer {
  /** Where it listens, such as http://127.0.0.1:5000 */
  readonly url: string;
  /** Finishes what is in flight, refuses what is new, then closes the store. Harmless when called again. */
  stop(): Promise<void>;
}

export const serve: Command = {
  name: 'serve',
  summary: 'Answer the four endpoints over HTTP, and keep the tallies in a store',
  arguments: [],
  flags: [
    storeFlag('where the events are kept'),
    {
      name: 'host',
      value: 'ADDRESS',
      description: 'the address to listen on; 0.0.0.0 for all',
      fallback: '127.0.0.1',
    },
    {
      name: 'port',
      value: 'PORT',
      description: 'the port to listen on; 0 for a free one',
      fallback: 5000,
      parse: wholeNumber(0, 65_535),
    },
    {
      name: 'guess',
      value: 'FILE',
      description: 'a guess of your own: a JavaScript module that exports guess(symbol, random)',
    },
    {
      name: 'seed',
      value: 'N',
      description: 'fix the random source of the guess, for tests',
      parse: parseSeed,
    },
    {
      name: 'salvage',
      description: 'cut damaged parts out of the store instead of refusing to open it',
      fallback: false,
    },
    {
      name: 'log-level',
      value: 'LEVEL',
      description: `the least level that is logged: ${LOG_LEVELS.join(', ')}`,
      fallback: 'info',
      parse: oneOf(...LOG_LEVELS),
    },
    {
      name: 'access-log',
      description: 'log a line for each request',
      fallback: false,
    },
    ...tokenFlags({
      dashboard: 'ask for this token at /, /dashboard/* and /events*',
      ingest: 'ask for this token at POST /initial, POST /followup and POST /batch',
    }),
    {
      name: 'allow-host',
      value: 'NAMES',
      description:
        'the names, besides localhost, under which a server on the loopback address is asked without tokens, such as that of a proxy on this machine; commas between them',
      parse: parseHosts,
    },
    VERIFY_EVERY_FLAG,
    ...limitFlags(),
    ENGINE_FLAG,
  ],
  examples: [
    'tallyboard serve',
    'tallyboard serve --store journal:/var/lib/tallyboard --host 0.0.0.0 --port 8080',
    'tallyboard serve --store sqlite:./og.db --seed 1',
    'tallyboard serve --guess ./model.js',
  ],

  async run(values: Values, terminal: Terminal): Promise<number> {
    const { log } = terminal;
    let server: RunningServer;
    try {
      server = await startServer(configOf(values), terminal);
    } catch (error) {
      if (error instanceof TallyboardError) log.error({ code: error.code }, describe(error));
      else log.error({}, explain(error));
      return exitCodeOf(error);
    }
    await aborted(terminal.interrupted);
    try {
      await server.stop();
    } catch (error) {
      log.error({}, `the store did not close cleanly: ${describe(error)}`);
      return 1;
    }
    return 0;
  },
};

/** Listens, opens the store, and answers once both are done. */
export async function startServer(
  config: ServeConfig,
  terminal: Pick<Terminal, 'log' | 'interrupted'>,
): Promise<RunningServer> {
  const { limits = LIMITS, tokens = {} } = config;
  const { log } = terminal;
  // Most of what the program consists of, which no other command is to load.
  const { createMetrics } = await import('../../http/metrics/metrics.js');
  const { createServer } = await import('../../http/server.js');
  const random = config.seed === undefined ? Math.random : seededRandom(config.seed);
  const guess = config.guess === undefined ? noisyGuess(random) : await loadGuess(config.guess, random);
  const metrics = createMetrics();
  const store = await createStore(config.store, { log, salvage: config.salvage ?? false });
  const data = dataInterface(store, { queueEventsMax: limits.queueEventsMax, onCommit: metrics.onCommit });
  const socket = inheritedSocket();
  const lifecycle: Lifecycle = { phase: 'opening', isHandedOn: socket !== undefined };
  const { scheme } = parseStoreUrl(config.store);
  const shown = shownUrl(config.store);
  const app = createServer({
    about: { version: version(), scheme, folder: store.folder },
    data,
    guess,
    now: systemClock(),
    nextEventId: eventIds(),
    lifecycle,
    limits,
    metrics,
    feed: new LiveFeed(data.promises),
    access: new Access(tokens),
    allowHosts: isLoopback(config.host) ? (config.allowHost ?? []) : undefined,
    pageFolder: PAGE_FOLDER,
    warnings: () => [...(store.warnings?.() ?? []), ...(verifying?.warnings() ?? [])],
    trouble: () => store.trouble?.(),
    log,
    accessLog: config.accessLog ?? false,
  });
  let verifying: Verifying | undefined;
  const stopListening = () => stopServer(app, { lifecycle, limits });
  let url = '';
  async function beginListening(): Promise<void> {
    url = await listen(app, config, socket);
    const open = openToOthers(config.host, tokens);
    if (open !== undefined) log.warn({}, `whoever reaches ${config.host} can use, without a token, ${open}`);
  }

  // Before the store is opened on a socket that is held for the server as well: clients wait there.
  await app.ready();
  try {
    if (socket === undefined) {
      await beginListening();
      log.info({ url, store: shown }, `listening on ${url}, opening the store ${shown}`);
    } else log.info({ store: shown }, `opening the store ${shown}, and listening after that`);
    const opening = data.open();
    await Promise.race([opening, aborted(terminal.interrupted)]);
    if (terminal.interrupted.aborted) log.info({}, 'stopping: waiting for the store to open first');
    await opening;
    if (!terminal.interrupted.aborted) {
      lifecycle.phase = 'open';
      // Whoever connects meanwhile to a socket that somebody holds for the server waits there.
      if (socket !== undefined) await beginListening();
      log.info({ url, store: shown }, 'ready');
      verifying = await Verifying.begin(config, data, log);
    }
  } catch (error) {
    await stopListening();
    await data.close();
    throw error;
  }

  async function stop(): Promise<void> {
    log.info({}, `stopping: finishing what is in flight, for ${limits.stopSecondsMax} s at most`);
    await Promise.all([stopListening(), verifying?.stop()]);
    // Nobody waits for an answer any more.
    data.giveUp();
    await data.close();
    log.info({}, 'stopped');
  }
  let stopped: Promise<void> | undefined;
  return {
    url,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

function configOf(values: Values): ServeConfig {
  const limits = Object.fromEntries(
    Object.entries(LIMITS).map(([name, fallback]) => [name, values[name] ?? fallback]),
  ) as unknown as Limits;
  const { store, host, port, guess, seed, salvage, accessLog, allowHost, verifyEvery, engine } =
    values as unknown as ServeConfig;
  const { dashboardToken, ingestToken } = values as Readonly<Record<string, string | undefined>>;
  return {
    store,
    host,
    port,
    guess,
    seed,
    salvage: salvage ?? false,
    accessLog: accessLog ?? false,
    tokens: { dashboard: dashboardToken, ingest: ingestToken },
    allowHost: allowHost ?? [],
    limits,
    verifyEvery: verifyEvery ?? 0,
    engine,
  };
}

function parseHosts(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !/^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(name));
  if (wrong === undefined) return names;
  throw new Error(`'${wrong}' is no host name: give it as it stands in a URL, without a scheme or a port`);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
