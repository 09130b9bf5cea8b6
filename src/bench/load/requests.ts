import { randomInt, randomUUID } from 'node:crypto';
import { ENGLISH_PERCENT } from '../../simulator/letters.js';

/** How often a client goes on, about: as the original client does over all of its letters. */
export const FOLLOWUP_SHARE = 1 / 8;

/** Letters by their frequency in English, so that one is drawn by taking any. */
export const LETTER_DECK: readonly string[] = Object.freeze(
  Object.entries(ENGLISH_PERCENT).flatMap(([letter, percent]) =>
    Array.from({ length: Math.round(percent * 10) }, () => letter),
  ),
);

/** What one connection sends next, as the bytes of a whole request. */
export interface Requests {
  next(): string;
  /** How many of the requests made so far opened a contact. */
  readonly initials: number;
}

/**
 * The requests of a client: initials, each with a fresh uuid, and followups to some of them. Node draws the
 * entropy of uuids in blocks: one takes 0.07 µs, so none are made beforehand.
 */
export function ingestRequests(port: number, freshUuid: () => string = randomUUID): Requests {
  const tail = ` HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 0\r\n\r\n`;
  const initialTails = LETTER_DECK.map((letter) => `&symbol=${letter}${tail}`);
  let place = randomInt(initialTails.length);
  let initials = 0;
  let last: string | undefined;
  return {
    get initials() {
      return initials;
    },
    next() {
      if (last !== undefined && Math.random() < FOLLOWUP_SHARE) {
        const request = `POST /followup?uuid=${last}${tail}`;
        last = undefined;
        return request;
      }
      last = freshUuid();
      initials += 1;
      place = (place + LETTER_STRIDE) % initialTails.length;
      return `POST /initial?uuid=${last}${initialTails[place]}`;
    },
  };
}

/** The same contacts, so many events in one request. */
export function batchRequests(port: number, events: number): Requests {
  let initials = 0;
  let last: string | undefined;
  return {
    get initials() {
      return initials;
    },
    next() {
      let body = '';
      for (let count = 0; count < events; count += 1) {
        if (last !== undefined && Math.random() < FOLLOWUP_SHARE) {
          body += `{"uuid":"${last}"}\n`;
          last = undefined;
        } else {
          last = randomUUID();
          initials += 1;
          const letter = LETTER_DECK[Math.floor(Math.random() * LETTER_DECK.length)];
          body += `{"uuid":"${last}","symbol":"${letter}"}\n`;
        }
      }
      return `POST /batch HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/x-ndjson\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    },
  };
}

/** Reads of the given paths, one after the other in a circle. */
export function readRequests(port: number, paths: readonly string[]): Requests {
  const requests = paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  let next = -1;
  return {
    initials: 0,
    next() {
      next = (next + 1) % requests.length;
      return requests[next]!;
    },
  };
}

/** A step through the deck that meets all of its letters, well mixed. */
const LETTER_STRIDE = 389;
