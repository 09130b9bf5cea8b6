import { Writable } from 'node:stream';
import { pino } from 'pino';
import type { Log } from '../../contract/store.js';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A log of JSON lines, or, where a person looks on at a terminal, of plain ones. */
export function createLog(output: NodeJS.WritableStream & { isTTY?: boolean }, level: LogLevel): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    output.isTTY === true ? plain(output) : output,
  );
}

function plain(output: NodeJS.WritableStream): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      const { level, time, msg, ...fields } = JSON.parse(chunk.toString()) as Record<string, unknown>;
      const rest = Object.entries(fields).map(([name, value]) => `${name}=${text(value)}`);
      output.write(
        `${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${[msg, ...rest].join('  ')}\n`,
        () => done(),
      );
    },
  });
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
