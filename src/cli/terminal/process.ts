import { readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { isatty } from 'node:tty';
import { describe, TallyboardError } from '../../contract/errors.js';
import { isReaderGone, outputLost } from '../../transfer/output.js';

const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;

/**
 * Keeps what becomes of the standard streams from ending the process, as it would without a listener. What
 * stderr has (log, progress, warnings) is there for whoever looks on: that nobody does, or that its disk is
 * full, is no reason to stop or to answer differently. What stdout has is what was asked for: `written`
 * rejects where a part of it was lost. A reader such as `head` that has seen enough loses nothing.
 */
export function guardStreams({ stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>): {
  written(): Promise<void>;
} {
  stderr.on('error', () => {});
  let failure: Error | undefined;
  stdout.on('error', (error) => {
    if (!isReaderGone(error)) failure ??= error;
  });
  return {
    async written() {
      await new Promise((resolve) => stdout.write('', resolve));
      if (failure !== undefined) throw outputLost(failure);
    },
  };
}

/** Those of the three standard streams that were on a terminal when the process began. */
const TERMINALS = [0, 1, 2].filter((stream) => isatty(stream));

/**
 * Aborted by the first signal that asks the process to end; a second one ends it at once.
 *
 * SIGHUP asks for that where the process has a terminal, which was closed, and may come twice for it, from
 * the system and from a shell. Node.js sets every signal that was ignored at its start back to its default,
 * before any code of ours runs, and leaves no trace of it; what can be seen of `nohup`, and of whatever else
 * starts a process that is to outlive its terminal, is that none of the standard streams is on one. Then
 * SIGHUP is ignored, as it was meant to be. SIGINT and SIGTERM come from somebody who means this process; no
 * stream tells whether a shell had them ignored.
 */
export function firstSignal(): AbortSignal {
  const controller = new AbortController();
  for (const [signal, number] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (signal === 'SIGHUP' && (TERMINALS.length === 0 || controller.signal.aborted)) return;
      if (controller.signal.aborted) process.exit(128 + number);
      controller.abort(signal);
    });
  }
  return controller.signal;
}

/**
 * Gives the process the lowest priority. Linux keeps one for each thread, and those that collect garbage, compile and
 * read files are there already: they would go on beside a server as if they were its own.
 */
export function giveWay(): void {
  setPriority(constants.priority.PRIORITY_LOW);
  if (process.platform !== 'linux') return;
  for (const thread of readdirSync('/proc/self/task')) {
    setPriority(Number(thread), constants.priority.PRIORITY_LOW);
  }
}

/**
 * Aborted when the parent of a process that was started with a line to it has ended, however that happened. The line
 * alone keeps nobody: so this is for a process of its own, which has no other use of it.
 */
export function parentGone(): AbortSignal {
  const controller = new AbortController();
  process.once('disconnect', () => controller.abort());
  process.channel?.unref();
  if (process.connected === false) controller.abort();
  return controller.signal;
}

/**
 * Ends the process with an exit code, once nothing is left to do. Where its terminal was closed that is no
 * way out, because Node.js aborts when it cannot set the terminal back: it ends by the signal that told of it.
 */
export function endWith(code: number): void {
  process.exitCode = code;
  if (TERMINALS.every((stream) => isatty(stream))) return;
  process.removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
}

/** What to tell of an error at the end of a command: its stack only where nobody could foresee it. */
export function explain(error: unknown): string {
  if (error instanceof TallyboardError) return `${describe(error)} [${error.code}]`;
  if (!(error instanceof Error)) return String(error);
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error.stack ?? error.message;
  const advice = ADVICE[code];
  return advice === undefined ? describe(error) : `${describe(error)}: ${advice}`;
}

const DISK_FULL = 'the disk is full; make room, and run the same command again';
const NOT_ALLOWED = 'this user may not do that; run the command as another, or change who may';
const FILES_OPEN = 'too many files are open; let more be open (ulimit -n), and run the same command again';

/** What the system refuses, and what can be done about it. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: DISK_FULL,
  EDQUOT: DISK_FULL,
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  EROFS: 'the file system is read only; name a place on another',
  EMFILE: FILES_OPEN,
  ENFILE: FILES_OPEN,
  ENOENT: 'look at the path',
};
