import { parentPort, workerData } from 'node:worker_threads';
import { ProjectionFault } from '../projection/projection-fault.js';
import { type Merge, type MergePace, mergeRuns } from './merge.js';

/** What a worker is told: the next merge, or to end. */
export type MergeQuestion = { readonly merge: Merge } | 'end';

/** What a worker answers: errors lose their class on the way between threads. */
export type MergeAnswer =
  | { readonly info: Awaited<ReturnType<typeof mergeRuns>> }
  | { readonly error: unknown; readonly isFault: boolean };

const urgency = workerData as Int32Array;
const ending = new AbortController();
const pace: MergePace = { isUrgent: () => Atomics.load(urgency, 0) === 1, signal: ending.signal };

parentPort!.on('message', async (question: MergeQuestion) => {
  if (question === 'end') {
    ending.abort();
    // The thread ends when nothing is left to do, which may be a merge that gives up.
    parentPort!.unref();
    return;
  }
  let answer: MergeAnswer;
  try {
    answer = { info: await mergeRuns(question.merge, pace) };
  } catch (error) {
    answer = { error, isFault: error instanceof ProjectionFault };
  }
  parentPort!.postMessage(answer);
});
