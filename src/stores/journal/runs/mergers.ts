import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { ProjectionFault } from '../projection-fault.js';
import type { RunInfo } from './format.js';
import { type Merge, mergeRuns } from './merge.js';
import type { MergeAnswer } from './merge-worker.js';

const WORKER = fileURLToPath(new URL('./merge-worker.js', import.meta.url));

/** Merges runs in threads of their own, which are kept for the next merge. */
export class Mergers {
  readonly #idle: Worker[] = [];
  readonly #busy = new Set<Worker>();

  /** Rejects with a `ProjectionFault` where a run is damaged, and where `close` comes before the end. */
  merge(merge: Merge): Promise<RunInfo> {
    // Where the source is run as it is, there is no compiled worker beside it.
    if (!existsSync(WORKER)) return mergeRuns(merge);
    const worker = this.#idle.pop() ?? new Worker(WORKER);
    this.#busy.add(worker);
    worker.ref();
    return new Promise<RunInfo>((resolve, reject) => {
      const end = (reason: () => void) => {
        this.#busy.delete(worker);
        worker.removeAllListeners();
        worker.unref();
        reason();
      };
      worker.once('message', (answer: MergeAnswer) => {
        this.#idle.push(worker);
        end(() => {
          if ('info' in answer) resolve(answer.info);
          else if (!answer.isFault) reject(answer.error);
          else reject(new ProjectionFault((answer.error as Error).message, { cause: answer.error }));
        });
      });
      worker.once('error', (error) => end(() => reject(error)));
      worker.once('exit', () => end(() => reject(new Error('the thread that merged runs has ended'))));
      worker.postMessage(merge);
    });
  }

  /** Ends the threads, whatever they do. */
  async close(): Promise<void> {
    await Promise.all([...this.#idle, ...this.#busy].map((worker) => worker.terminate()));
  }
}
