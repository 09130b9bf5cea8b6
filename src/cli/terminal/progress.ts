import { createRequire } from 'node:module';
import type { Terminal } from './command.js';

export interface ProgressOptions {
  /** What is being done, such as `importing`. */
  readonly label: string;
  /** Where it ends; left out where that is not known. */
  readonly total?: number;
  /** One of what is counted. Default `event`; of a `byte` a million is shown as MB. */
  readonly unit?: string;
  /** How often a line is written where there is no terminal. Default 5,000. */
  readonly lineMilliseconds?: number;
}

export interface Progress {
  update(done: number): void;
  /** Ends the display; on a terminal the last state stays. Harmless when called twice. */
  stop(): void;
}

/** Shows how far a command is: a bar on a terminal, a line now and then elsewhere. */
export function progress(terminal: Pick<Terminal, 'stderr'>, options: ProgressOptions): Progress {
  return terminal.stderr.isTTY === true ? bar(terminal, options) : lines(terminal, options);
}

function bar({ stderr }: Pick<Terminal, 'stderr'>, options: ProgressOptions): Progress {
  const started = performance.now();
  // Loaded where a person looks on: a server, and whatever runs by itself, has no use for it.
  const { SingleBar } = createRequire(import.meta.url)('cli-progress') as typeof import('cli-progress');
  const single = new SingleBar({
    stream: stderr,
    format: (_, { value }) => `${drawBar(value, options.total)}${progressText(value, started, options)}`,
    hideCursor: true,
    clearOnComplete: false,
  });
  single.start(options.total ?? 0, 0);
  return {
    update: (done) => single.update(done),
    stop: () => {
      if (single.isActive) single.stop();
    },
  };
}

function lines({ stderr }: Pick<Terminal, 'stderr'>, options: ProgressOptions): Progress {
  const { lineMilliseconds = 5000 } = options;
  const started = performance.now();
  let next = started + lineMilliseconds;
  return {
    update(done) {
      const now = performance.now();
      if (now < next) return;
      next = now + lineMilliseconds;
      stderr.write(`${progressText(done, started, options)}\n`);
    },
    stop() {},
  };
}

/** `importing: 120.5 of 500.0 MB (24 %), 31.2 MB/s, 13 s left` */
export function progressText(
  done: number,
  started: number,
  { label, total, unit = 'event' }: ProgressOptions,
): string {
  const seconds = Math.max(performance.now() - started, 1) / 1000;
  const rate = done / seconds;
  const isBytes = unit === 'byte';
  const parts = [`${isBytes ? printMegabytes(rate) : printCount(rate, unit)}/s`];
  if (total === undefined) parts.unshift(`${label}: ${printCount(done, unit)}`);
  else {
    const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
    const share = isBytes
      ? `${megabytes(done)} of ${printMegabytes(total)}`
      : `${printCount(done)} of ${printCount(total, unit)}`;
    parts.unshift(`${label}: ${share} (${percent} %)`);
    if (rate > 0) parts.push(`${printSeconds((total - done) / rate)} left`);
  }
  return parts.join(', ');
}

/** `1,200,000`; of a unit, `1 event` and `1,200,000 events`. */
export function printCount(count: number, unit?: string): string {
  const whole = Math.round(count);
  const text = whole.toLocaleString('en-US');
  return unit === undefined ? text : `${text} ${whole === 1 ? unit : `${unit}s`}`;
}

/** `in 4.2 s (301,000 rows/s)` */
export function printPace(count: number, seconds: number, unit = 'event'): string {
  return `in ${seconds.toFixed(1)} s (${printCount(count / Math.max(seconds, 0.001), unit)}/s)`;
}

/** `131.5 MB` */
export function printMegabytes(bytes: number): string {
  return `${megabytes(bytes)} MB`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

const BAR_WIDTH = 24;

function drawBar(value: number, total: number | undefined): string {
  if (total === undefined) return '';
  const full = total === 0 ? BAR_WIDTH : Math.min(BAR_WIDTH, Math.floor((BAR_WIDTH * value) / total));
  return `[${'='.repeat(full)}${'-'.repeat(BAR_WIDTH - full)}] `;
}

/** `59 s`, `3 min 12 s`, `5 h 2 min` */
export function printSeconds(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
