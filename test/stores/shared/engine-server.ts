import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ServerKind } from '../../../src/contract/server-kind.js';
import { atEnd } from '../../at-end.js';
import { freePort } from './ports.js';

const READY_MILLISECONDS_MAX = 240_000;
const REMOVED_MILLISECONDS_MAX = 30_000;

/** A real server of the tests' own, on a free port, in a temporary folder. */
export class EngineServer {
  readonly port: number;
  readonly #kind: ServerKind;
  readonly #nameOption: string;
  readonly #directory: string;
  #child: ChildProcess | undefined;
  #stores = 0;
  /** Names of stores that were emptied. */
  readonly #empty: string[] = [];

  private constructor(kind: ServerKind, nameOption: string, directory: string, port: number) {
    this.#kind = kind;
    this.#nameOption = nameOption;
    this.#directory = directory;
    this.port = port;
  }

  /** Starts a server that ends with the tests of the file. `nameOption`: by what of a URL stores are told apart. */
  static async start(kind: ServerKind, nameOption: string): Promise<EngineServer> {
    const directory = mkdtempSync(join(tmpdir(), 'tallyboard-engine-'));
    const server = new EngineServer(kind, nameOption, directory, await freePort());
    atEnd(() => server.#remove());
    await kind.initialise(directory);
    await server.restart();
    return server;
  }

  /** The URL of a store that is not there yet; `port` is that of a proxy before the server. */
  freshUrl(port = this.port): string {
    this.#stores += 1;
    const name = this.#empty.pop() ?? `s${this.#stores}_`;
    const url = this.#kind.storeUrl(port, this.#directory);
    return `${url}${url.includes('?') ? '&' : '?'}${this.#nameOption}=${name}`;
  }

  /** Has the name of an emptied store used again. */
  reuse(url: string): void {
    this.#empty.push(new URL(url).searchParams.get(this.#nameOption)!);
  }

  /** Starts it again, on the data that it had. */
  async restart(): Promise<void> {
    const { words, options } = this.#kind.command(this.#directory, this.port);
    for (const deadline = Date.now() + READY_MILLISECONDS_MAX; ; ) {
      // Some refuse to start until the last process of the one that was killed has gone.
      if (!this.#isRunning) this.#child = spawn(words[0]!, words.slice(1), { stdio: 'ignore', ...options });
      try {
        await this.#kind.ready(this.port);
        if (this.#isRunning) return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
      await pause(50);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child!.kill(signal);
  }

  /** Ends it with SIGKILL, and waits until it has ended. */
  async kill(): Promise<void> {
    if (!this.#isRunning) return;
    const ended = new Promise((resolve) => this.#child!.once('exit', resolve));
    this.#child!.kill('SIGKILL');
    await ended;
  }

  get #isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async #remove(): Promise<void> {
    await this.kill();
    // What a launcher started ends a moment later, and tidies its folder up while this one is deleted.
    for (const deadline = Date.now() + REMOVED_MILLISECONDS_MAX; ; await pause(200)) {
      try {
        rmSync(this.#directory, { recursive: true, force: true });
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
    }
  }
}
