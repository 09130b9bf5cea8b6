import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { Command, Values } from '../../src/cli/terminal/command.js';
import { uuidOf } from '../transfer/support.js';
import { textFile } from '../transfer/support-files.js';

export const HEADER = 'uuid,symbol,is_vowel,url,date';
export const DATE = '2017-06-28 19:34:14.486693';
export const log = { info() {}, warn() {}, error() {} };

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Setting {
  readonly interrupted?: AbortSignal;
  readonly stdout?: NodeJS.WritableStream;
}

/** Runs a command as the command line does, with the defaults of the flags that are not given. */
export async function run(command: Command, given: Values, setting: Setting = {}): Promise<Run> {
  const defaults = Object.fromEntries(
    command.flags.map((flag) => [
      flag.name.replace(/-(.)/g, (_, letter) => letter.toUpperCase()),
      flag.fallback,
    ]),
  );
  const [stdout, stderr] = [collector(), collector()];
  const code = await command.run(
    { ...defaults, ...given },
    {
      stdout: setting.stdout ?? stdout.stream,
      stderr: stderr.stream,
      log,
      interrupted: setting.interrupted ?? new AbortController().signal,
    },
  );
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

/** A stream that keeps what it is given. */
export function collector() {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

export const aborted = AbortSignal.abort();
let journals = 0;
export function freshJournal(folder: string): string {
  journals += 1;
  return `journal:${join(folder, `journal-${journals}`)}`;
}

export function goodFile(folder: string, rows = 50): Promise<string> {
  const lines = Array.from({ length: rows }, (_, i) => [
    `${uuidOf(i)},${'aeyz'[i % 4]},${i % 2 ? 'True' : 'False'},initial,2017-06-28 19:34:14.${100_000 + i}`,
    `${uuidOf(i)},,,followup,2017-06-${10 + (i % 20)} 19:35:00`,
  ]);
  return textFile(folder, 'good.csv', [HEADER, ...lines.flat()]);
}
