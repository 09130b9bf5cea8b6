import type { Uuid } from '../domain/contact.js';
import type { HttpClient, Reply } from './client.js';

/** What became of a request in the end, over all the times that it was sent. */
export type Fate =
  /** Acknowledged. `replayed`: it was there before this run sent it. */
  | { readonly fate: 'stored'; readonly text: string; readonly replayed: boolean }
  /** Refused, and nothing stored. */
  | { readonly fate: 'refused' }
  /** Never reached the server. */
  | { readonly fate: 'unsent'; readonly reason: string }
  /** Sent at least once, and never answered: stored or not, nobody can say. */
  | { readonly fate: 'unknown'; readonly reason: string };

export interface DeliveryOptions {
  readonly client: HttpClient;
  /** How often a request is sent in all before its fate stays unknown. */
  readonly attemptsMax: number;
  /** Waits before the next attempt; false where the run is over and there is none. */
  readonly pause: (milliseconds: number) => Promise<boolean>;
  /** Each reply, by its status and, where it is a problem document, its code; of a batch, each refused item too. */
  readonly onReply: (label: string) => void;
  /** Each attempt that brought no reply that can be read. */
  readonly onLoss: (kind: 'unsent' | 'lost', reason: string) => void;
}

/** An event as it is sent: an initial with its letter, a followup without. */
export interface SentEvent {
  readonly uuid: Uuid;
  readonly letter?: string;
}

export type Deliver = (event: SentEvent) => Promise<Fate>;

/** Sends each event in a request of its own. */
export function delivery(options: DeliveryOptions): Deliver {
  return ({ uuid, letter }) => {
    const path =
      letter === undefined
        ? `/followup?uuid=${uuid}`
        : `/initial?uuid=${uuid}&symbol=${encodeURIComponent(letter)}`;
    const acknowledgements = letter === undefined ? THANKS : ANSWERS;
    return deliver(options, { path }, ({ text, replayed }, isRepeated) =>
      acknowledgements.includes(text)
        ? { fate: 'stored', text, replayed: replayed && !isRepeated }
        : undefined,
    );
  };
}

const ANSWERS = ['True', 'False'];
const THANKS = ['hooray'];

/**
 * Sends a POST until its fate is known; `read` reads what is acknowledged with 200, or answers undefined. The same
 * uuids go out each time: the server answers a replay as it answered the first time, so a request that was stored
 * before its connection was lost (it is repeated then) is not counted twice.
 *
 * A 503 says that nothing was stored, unless its code is STORE_UNCERTAIN, which is a loss. It settles a request
 * that was not lost before, as the original client would have it; after a loss it settles nothing, for the lost
 * attempt may have been stored.
 */
export async function deliver<Answer>(
  { client, attemptsMax, pause, onReply, onLoss }: DeliveryOptions,
  { path, body }: { readonly path: string; readonly body?: string },
  read: (reply: Reply, isRepeated: boolean) => Answer | undefined,
): Promise<Answer | Exclude<Fate, { readonly fate: 'stored' }>> {
  let lost: string | undefined;
  let unsent = '';
  for (let attempt = 1; ; attempt += 1) {
    const sent = await client.request('POST', path, body);
    if (sent.kind === 'reply') {
      const { reply } = sent;
      const label = labelOf(reply);
      onReply(label);
      const answer = reply.status === 200 ? read(reply, lost !== undefined) : undefined;
      if (answer !== undefined) return answer;
      if (reply.status >= 300 && reply.status < 500 && !PASSING.has(reply.status)) return { fate: 'refused' };
      if (PASSING.has(reply.status) && label !== UNCERTAIN) {
        if (lost === undefined) return { fate: 'refused' };
      } else {
        lost = `answered ${reply.status} '${shortened(reply.text)}'`;
        onLoss('lost', lost);
      }
    } else {
      onLoss(sent.kind, sent.reason);
      if (sent.kind === 'lost') lost = sent.reason;
      else unsent = sent.reason;
    }
    const wait = Math.min(RETRY_MILLISECONDS_MAX, RETRY_MILLISECONDS * 2 ** (attempt - 1));
    if (attempt >= attemptsMax || !(await pause(wait))) break;
  }
  return lost === undefined ? { fate: 'unsent', reason: unsent } : { fate: 'unknown', reason: lost };
}

const RETRY_MILLISECONDS = 50;
const RETRY_MILLISECONDS_MAX = 500;

/** Refusals that another attempt may not meet: the request's time-out, the limit of rate, no room. */
const PASSING: ReadonlySet<number> = new Set([408, 429, 503]);

const UNCERTAIN = '503 STORE_UNCERTAIN';
const LABEL_CHARACTERS_MAX = 40;

function labelOf(reply: Reply): string {
  if (reply.status < 400) return String(reply.status);
  let code: unknown;
  try {
    code = (JSON.parse(reply.text) as { code?: unknown } | null)?.code;
  } catch {
    // Not a problem document: the status has to do.
  }
  return typeof code === 'string'
    ? `${reply.status} ${code.slice(0, LABEL_CHARACTERS_MAX)}`
    : String(reply.status);
}

function shortened(text: string): string {
  return text.length <= LABEL_CHARACTERS_MAX ? text : `${text.slice(0, LABEL_CHARACTERS_MAX)}…`;
}
