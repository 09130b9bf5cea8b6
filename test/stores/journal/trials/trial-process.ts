import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';
import { afterAll } from 'vitest';
import { cleanEnvironment } from '../../../faults/server-process.js';
import type { Tasks } from './child.js';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
/** A trial that takes longer hangs. Of a large store the right answers alone take a minute to work out. */
const TRIAL_MILLISECONDS_MAX = 600_000;

type Answer<Task extends keyof Tasks> = Awaited<ReturnType<Tasks[Task]>>;

/** What the process says: what it is about to try, or what came of a call. */
interface Message {
  readonly id?: number;
  readonly note?: string;
  readonly error?: string;
  readonly result?: unknown;
}

interface Call {
  readonly id: number;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The process ended, or hung and was ended. */
export class Ended extends Error {
  readonly outcome: 'abort' | 'hang';

  constructor(outcome: 'abort' | 'hang', message: string) {
    super(message);
    this.outcome = outcome;
  }
}

/** A process that does trials one after the other; where one ends it, the next is done by a new one. */
export class TrialProcess {
  /** A place for its stores, which is removed when the tests end, as the process is. */
  readonly directory = mkdtempSync(join(tmpdir(), 'tallyboard-trials-'));
  #program: Promise<string> | undefined;
  #child: ChildProcess | undefined;
  #calls = 0;
  #call: Call | undefined;
  #noted = '';
  #said = '';
  /** It ended after it had answered: what it was asked before is to blame. */
  #late: Ended | undefined;

  constructor() {
    afterAll(async () => {
      await this.kill();
      rmSync(this.directory, { recursive: true, force: true });
    });
  }

  /** Rejects with `Ended` where the process did not live to answer. */
  async call<Task extends keyof Tasks>(
    task: Task,
    ...[argument]: Parameters<Tasks[Task]>
  ): Promise<Answer<Task>> {
    this.#program ??= bundle(this.directory);
    this.#child ??= this.#start(await this.#program);
    const child = this.#child;
    this.#calls += 1;
    const id = this.#calls;
    let timer: NodeJS.Timeout | undefined;
    try {
      return (await new Promise<unknown>((resolve, reject) => {
        this.#call = { id, resolve, reject };
        timer = setTimeout(() => {
          reject(new Ended('hang', `${this.#noted}: no answer in ${TRIAL_MILLISECONDS_MAX} ms`));
          void this.kill();
        }, TRIAL_MILLISECONDS_MAX);
        child.send({ id, task, argument });
      })) as Answer<Task>;
    } finally {
      clearTimeout(timer);
      this.#call = undefined;
    }
  }

  /** That the process ended behind its last answer, once; undefined where it did not. */
  takeLate(): Ended | undefined {
    const late = this.#late;
    this.#late = undefined;
    return late;
  }

  /** As by `kill -9`. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.removeAllListeners('exit').kill('SIGKILL');
    await ended;
  }

  #start(program: string): ChildProcess {
    const child = fork(program, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: cleanEnvironment(),
      serialization: 'advanced',
    });
    this.#said = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      this.#said = (this.#said + chunk.toString()).slice(-2000);
    });
    child.on('message', ({ id, note, error, result }: Message) => {
      if (note !== undefined) this.#noted = note;
      if (id === undefined || id !== this.#call?.id) return;
      if (error === undefined) this.#call.resolve(result);
      else this.#call.reject(new Error(`${this.#noted}: ${error}`));
    });
    child.once('exit', (code, signal) => {
      this.#child = undefined;
      child.once('close', () => {
        const how = `${this.#noted}: the process ended (${signal ?? code}): ${this.#said}`;
        if (this.#call === undefined) this.#late = new Ended('abort', how);
        else this.#call.reject(new Ended('abort', how));
      });
    });
    return child;
  }
}

/** Makes one program of the trials, over what was built of the store: a worker thread has no other. */
async function bundle(directory: string): Promise<string> {
  const entry = fileURLToPath(new URL('./child.ts', import.meta.url));
  await build({
    root: dirname(entry),
    configFile: false,
    logLevel: 'warn',
    plugins: [
      {
        name: 'built-store',
        enforce: 'pre',
        resolveId(source, importer) {
          if (!source.startsWith('.') || importer === undefined) return null;
          const path = normalize(join(dirname(importer), source));
          if (!path.startsWith(join(ROOT, 'src/'))) return null;
          return {
            id: pathToFileURL(path.replace(join(ROOT, 'src/'), join(ROOT, 'dist/'))).href,
            external: true,
          };
        },
      },
    ],
    build: {
      ssr: entry,
      outDir: directory,
      emptyOutDir: false,
      rollupOptions: { output: { entryFileNames: 'child.mjs' } },
    },
  });
  return join(directory, 'child.mjs');
}
