import { LIMIT_DESCRIPTIONS, LIMITS, type Limits } from '../../http/sockets/limits.js';
import type { Flag } from '../terminal/command.js';
import { positiveNumber, wholeNumber } from '../terminal/config.js';

/** A flag for each limit of the server. */
export function limitFlags(): Flag<number>[] {
  return (Object.keys(LIMITS) as (keyof Limits)[]).map((name) => {
    const isTime = /Seconds/.test(name);
    return {
      name: name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      value: isTime ? 'SECONDS' : /Bytes/.test(name) ? 'BYTES' : 'N',
      description: LIMIT_DESCRIPTIONS[name],
      fallback: LIMITS[name],
      parse: isTime ? seconds : wholeNumber(1, 2 ** 31 - 1),
    };
  });
}

/** A day: far beyond any sense, and well within what a timer can count. */
const SECONDS_MAX = 86_400;

function seconds(text: string): number {
  const value = positiveNumber(text);
  if (value <= SECONDS_MAX) return value;
  throw new Error(`'${text}' is more than a day: give at most ${SECONDS_MAX} seconds`);
}
