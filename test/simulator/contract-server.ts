import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { seededRandom } from '../../src/cli/terminal/random.js';
import { dataInterface } from '../../src/contract/group-commit.js';
import { Model } from '../../src/contract/model.js';
import { parseSymbol, parseUuid } from '../../src/domain/contact.js';
import { noisyGuess } from '../../src/domain/guess.js';
import { whole } from '../../src/domain/tally.js';
import { formatInstant } from '../../src/domain/time.js';

export type Fault =
  /** The connection ends before the request is stored, or after it. */
  | 'cut-before'
  | 'cut-after'
  /** Nothing is stored; the problem document says so. */
  | 'busy'
  /** Acknowledged, and not stored. */
  | 'lose'
  /** A problem that no contract knows, after the request was stored. */
  | 'break-after'
  /** The same, with the problem document that says so. */
  | 'uncertain'
  /** No answer at all. */
  | 'hang';

export interface ContractServerOptions {
  /** What goes wrong with a POST; `index` counts the POSTs. */
  readonly fault?: (index: number, path: string) => Fault | undefined;
  /** Milliseconds before a POST is taken. */
  readonly delay?: (index: number) => number;
}

type Result =
  | { readonly status: number; readonly code: string }
  | { readonly uuid: string; readonly isVowel?: boolean; readonly replayed: boolean };

/** A server that answers as the contract says, over the oracle, and goes wrong where it is told to. */
export async function contractServer(options: ContractServerOptions = {}) {
  const store = dataInterface(new Model());
  const seen: { path: string; uuid: string; symbol: string | null }[] = [];
  let ids = 0;
  await store.open();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, 'http://contract');
    const dashboard = /^\/dashboard\/symbol\/([a-z])$/.exec(pathname);
    if (dashboard !== null) {
      const tally = whole(await store.tallyOfSymbol(dashboard[1]!));
      const print = (at: number | null) => (at === null ? null : formatInstant(at));
      response.end(
        JSON.stringify({
          ...tally,
          symbol: dashboard[1]!,
          earliest: print(tally.earliest),
          latest: print(tally.latest),
        }),
      );
      return;
    }
    const index = ids;
    ids += 1;
    const fields = pathname === '/batch' ? await linesOf(request) : [Object.fromEntries(searchParams)];
    for (const { uuid, symbol } of fields) {
      seen.push({ path: pathname, uuid: uuid!, symbol: symbol ?? null });
    }
    const delay = options.delay?.(index) ?? 0;
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
    const fault = options.fault?.(index, pathname);
    if (fault === 'hang') return;
    if (fault === 'cut-before') return void request.socket.destroy();
    if (fault === 'busy') return refuse(response, 503, 'STORE_BUSY');

    const results: Result[] = [];
    for (const { uuid, symbol } of fields) {
      const isInitial = pathname === '/initial' || symbol !== undefined;
      results.push(await take(index, uuid ?? '', isInitial ? (symbol ?? '') : undefined, fault === 'lose'));
    }
    if (fault === 'cut-after') return void request.socket.destroy();
    if (fault === 'break-after') return refuse(response, 502, 'PROXY');
    if (fault === 'uncertain') return refuse(response, 503, 'STORE_UNCERTAIN');
    if (pathname === '/batch') return void response.end(JSON.stringify({ results }));
    const [result] = results as [Result];
    if ('code' in result) return refuse(response, result.status, result.code);
    if (result.replayed) response.setHeader('Idempotent-Replayed', 'true');
    response.end(result.isVowel === undefined ? 'hooray' : result.isVowel ? 'True' : 'False');
  }

  /** Stores one event, or only says so. */
  async function take(
    id: number,
    uuidText: string,
    symbolText: string | undefined,
    loses: boolean,
  ): Promise<Result> {
    const uuid = parseUuid(uuidText);
    if (uuid === undefined) return { status: 400, code: 'UUID_INVALID' };
    const at = Date.now() * 1000;
    if (symbolText === undefined) {
      return { uuid, ...(loses ? { replayed: false } : await store.logFollowup({ id, uuid, at })) };
    }
    const symbol = parseSymbol(symbolText);
    if (symbol === undefined) return { status: 400, code: 'SYMBOL_INVALID' };
    // By the uuid, so that the order in which requests arrive changes no answer.
    const isVowel = noisyGuess(seededRandom(Number.parseInt(uuid.slice(0, 8), 16)))(symbol);
    const reply = loses
      ? { isVowel, replayed: false }
      : await store.logInitial({ id, uuid, symbol, isVowel, at });
    return { uuid, ...reply };
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    store,
    /** Every POST that arrived, in order. */
    seen,
    /** Ends at once, with every connection. */
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await store.close();
    },
  };
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/problem+json' });
  response.end(JSON.stringify({ status, code }));
}

async function linesOf(request: IncomingMessage): Promise<Record<string, string>[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const lines = Buffer.concat(chunks).toString().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, string>);
}
