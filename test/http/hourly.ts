import { Model } from '../../src/contract/model.js';
import type { InitialEvent } from '../../src/domain/contact.js';
import { HOUR } from '../../src/domain/time.js';
import { uuid } from './table.js';

/** The instant of a date and time in UTC. */
export function instant(text: string): number {
  return Date.parse(`${text}Z`) * 1000;
}

/** A store that has one contact an hour, of `e` and of `z` in turn, the first of each day followed up. */
export async function hourly(lower: string, upper: string): Promise<Model> {
  const model = new Model();
  let number = 0;
  for (let at = instant(lower); at < instant(upper); at += HOUR) {
    const symbol = number % 2 === 0 ? 'e' : 'z';
    const contact = { id: number, uuid: uuid(number), at };
    const initial: InitialEvent = {
      ...contact,
      kind: 'initial',
      symbol,
      isVowel: symbol === 'e',
      replay: false,
    };
    await model.append([initial]);
    if (number % 24 === 0) await model.append([{ ...contact, kind: 'followup', id: -1, replay: false }]);
    number += 1;
  }
  return model;
}
