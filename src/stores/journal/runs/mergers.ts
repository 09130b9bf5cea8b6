import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { ProjectionFault } from '../projection/projection-fault.js';
import type { RunInfo } from './format.js';
import { type Merge, mergeRuns } from './merge.js';
import type { MergeAnswer, MergeQuestion } from './merge-worker.js';

const WORKER = fileURLToPath(new URL('./merge-worker.js', import.meta.url));

/** Merges runs in threads of their own, which are kept for the next merge. */
export class Mergers {
  readonly #idle: Worker[] = [];
  readonly #busy = new Set<Worker>();
  /** 1 while merges take no rest; the threads look at it as they go. */
  readonly #urgency = new Int32Array(new SharedArrayBuffer(4));
  #isClosing = false;

  /** Says whether merges are to take no rest, those under way as well. */
  hurry(isUrgent: boolean): void {
    Atomics.store(this.#urgency, 0, isUrgent ? 1 : 0);
  }

  /** Rejects with a `ProjectionFault` where a run is damaged, and where `close` comes before the end. */
  merge(merge: Merge): Promise<RunInfo> {
    // Where the source is run as it is, there is no compiled worker beside it.
    if (!existsSync(WORKER)) return mergeRuns(merge);
    const worker = this.#idle.pop() ?? new Worker(WORKER, { workerData: this.#urgency });
    this.#busy.add(worker);
    worker.ref();
    return new Promise<RunInfo>((resolve, reject) => {
      const onMessage = (answer: MergeAnswer) => {
        this.#idle.push(worker);
        // Whoever closes waits for its end, which an answer may come just before.
        if (!this.#isClosing) worker.unref();
        if ('info' in answer) end(() => resolve(answer.info));
        else if (!answer.isFault) end(() => reject(answer.error));
        else end(() => reject(new ProjectionFault((answer.error as Error).message, { cause: answer.error })));
      };
      const onError = (error: unknown) => end(() => reject(error));
      const onExit = () => end(() => reject(new Error('the thread that merged runs has ended')));
      const end = (settle: () => void) => {
        this.#busy.delete(worker);
        // Its own alone: the end of a thread is waited for by another.
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        settle();
      };
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
      worker.postMessage({ merge } satisfies MergeQuestion);
    });
  }

  /**
   * Ends the threads; a merge is given up. They are told to, and not cut off in the midst of what the system does for
   * them.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    const workers = [...this.#idle, ...this.#busy];
    await Promise.all(
      workers.map((worker) => {
        // Else the process could end before it has.
        worker.ref();
        worker.postMessage('end' satisfies MergeQuestion);
        return new Promise((resolve) => worker.once('exit', resolve));
      }),
    );
  }
}
