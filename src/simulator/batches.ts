import type { Reply } from './client.js';
import { type Deliver, type DeliveryOptions, deliver, type Fate, type SentEvent } from './delivery.js';

interface Waiting {
  readonly event: SentEvent;
  readonly resolve: (fate: Fate) => void;
}

/** Sends events that are delivered at the same time together: in batches as large as may be, over as many connections. */
export function batchDelivery(options: DeliveryOptions, batchMax: number, connections: number): Deliver {
  let waiting: Waiting[] = [];
  let inFlight = 0;
  let isScheduled = false;

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    // The clients that were answered together go on together.
    setImmediate(() => {
      isScheduled = false;
      while (waiting.length > 0 && inFlight < connections) {
        const batch = waiting.slice(0, batchMax);
        waiting = waiting.slice(batchMax);
        void send(batch);
      }
    });
  }

  async function send(batch: readonly Waiting[]): Promise<void> {
    inFlight += 1;
    const body = batch
      .map(({ event: { uuid, letter: symbol } }) => JSON.stringify({ uuid, symbol }))
      .join('\n');
    const fates = await deliver(options, { path: '/batch', body }, (reply, isRepeated) =>
      readFates(reply, batch, isRepeated, options.onReply),
    );
    inFlight -= 1;
    for (const [i, { resolve }] of batch.entries()) resolve(Array.isArray(fates) ? fates[i]! : fates);
    schedule();
  }

  return (event) =>
    new Promise((resolve) => {
      waiting.push({ event, resolve });
      schedule();
    });
}

/** Reads what became of each; undefined where the reply is no answer to the batch. */
function readFates(
  { text }: Reply,
  batch: readonly Waiting[],
  isRepeated: boolean,
  onReply: (label: string) => void,
): Fate[] | undefined {
  let results: unknown;
  try {
    results = (JSON.parse(text) as { results?: unknown } | null)?.results;
  } catch {
    return undefined;
  }
  if (!Array.isArray(results) || results.length !== batch.length) return undefined;
  const fates = batch.map(({ event }, i) => fateOf(results[i], event, isRepeated));
  if (fates.includes(undefined)) return undefined;
  for (const { status, code } of results) if (status !== undefined) onReply(`${status} ${code}`);
  return fates as Fate[];
}

function fateOf(result: unknown, { uuid, letter }: SentEvent, isRepeated: boolean): Fate | undefined {
  const answer = (result ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof answer.status === 'number' && typeof answer.code === 'string') return { fate: 'refused' };
  if (answer.uuid !== uuid || typeof answer.replayed !== 'boolean') return undefined;
  if (letter !== undefined && typeof answer.isVowel !== 'boolean') return undefined;
  const text = letter === undefined ? 'hooray' : answer.isVowel === true ? 'True' : 'False';
  return { fate: 'stored', text, replayed: answer.replayed && !isRepeated };
}
