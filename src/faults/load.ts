import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';

/** What the server acknowledged for one contact. */
export interface Acknowledged {
  readonly uuid: string;
  readonly symbol: string;
  readonly answer: string;
  followup: boolean;
  /** Acknowledged replays of the initial. */
  replays: number;
}

export interface Load {
  /** Contacts whose initial was acknowledged so far. */
  readonly acknowledged: ReadonlyMap<string, Acknowledged>;
  /** Contacts whose initial was refused with a 503 that says that nothing was stored, and not sent again. */
  readonly refused: ReadonlySet<string>;
  /** Replays that were not answered as the first time. */
  readonly wrongReplays: readonly string[];
  /** Resolves when something was acknowledged: a loaded machine may take its time. */
  begun(): Promise<void>;
  /** A copy of what is acknowledged now. */
  snapshot(): Acknowledged[];
  stop(): Promise<void>;
}

const CONNECTIONS = 32;
const BEGIN_MILLISECONDS_MAX = 90_000;

/**
 * Sends initials, followups and replays until it is stopped: as fast as they are answered, or with a rest on each
 * of its connections after each contact, where not the speed is the point.
 */
export function startLoad(url: string, restMilliseconds = 0): Load {
  const pool = new Pool(url, { connections: CONNECTIONS });
  const acknowledged = new Map<string, Acknowledged>();
  const recent: Acknowledged[] = [];
  const wrongReplays: string[] = [];
  const refused = new Set<string>();
  let stopped = false;

  async function post(
    path: string,
    uuid?: string,
  ): Promise<{ answer: string; replayed: boolean } | undefined> {
    try {
      const response = await pool.request({ method: 'POST', path });
      const answer = await response.body.text();
      const isRefused = response.statusCode === 503 && !answer.includes('STORE_UNCERTAIN');
      if (isRefused && uuid !== undefined) refused.add(uuid);
      if (response.statusCode !== 200) return undefined;
      return { answer, replayed: response.headers['idempotent-replayed'] === 'true' };
    } catch {
      return undefined;
    }
  }

  async function converse(): Promise<void> {
    const uuid = randomUUID();
    const symbol = String.fromCharCode(97 + Math.floor(Math.random() * 26));
    const first = await post(`/initial?uuid=${uuid}&symbol=${symbol}`, uuid);
    if (first === undefined) {
      await pause(1);
      return;
    }
    const contact = { uuid, symbol, answer: first.answer, followup: false, replays: 0 };
    acknowledged.set(uuid, contact);
    recent.push(contact);
    if (recent.length > 1000) recent.shift();
    const chance = Math.random();
    if (chance < 0.3) {
      if ((await post(`/followup?uuid=${uuid}`))?.answer === 'hooray') contact.followup = true;
    } else if (chance < 0.4) {
      const old = recent[Math.floor(Math.random() * recent.length)]!;
      const again = await post(`/initial?uuid=${old.uuid}&symbol=${old.symbol}`);
      if (again === undefined) return;
      old.replays += 1;
      if (again.answer !== old.answer || !again.replayed) wrongReplays.push(old.uuid);
    }
  }

  const workers = Array.from({ length: CONNECTIONS }, async () => {
    while (!stopped) {
      await converse();
      if (restMilliseconds > 0) await pause(restMilliseconds);
    }
  });
  return {
    acknowledged,
    refused,
    wrongReplays,
    async begun() {
      for (const started = Date.now(); acknowledged.size === 0; ) {
        if (Date.now() - started > BEGIN_MILLISECONDS_MAX) throw new Error('nothing was acknowledged');
        await pause(5);
      }
    },
    snapshot: () => [...acknowledged.values()].map((contact) => ({ ...contact })),
    async stop() {
      stopped = true;
      await pool.destroy();
      await Promise.all(workers);
    },
  };
}
