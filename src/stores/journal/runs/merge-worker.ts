import { parentPort } from 'node:worker_threads';
import { ProjectionFault } from '../projection/projection-fault.js';
import { type Merge, mergeRuns } from './merge.js';

/** What a worker answers: errors lose their class on the way between threads. */
export type MergeAnswer =
  | { readonly info: Awaited<ReturnType<typeof mergeRuns>> }
  | { readonly error: unknown; readonly isFault: boolean };

parentPort!.on('message', async (merge: Merge) => {
  let answer: MergeAnswer;
  try {
    answer = { info: await mergeRuns(merge) };
  } catch (error) {
    answer = { error, isFault: error instanceof ProjectionFault };
  }
  parentPort!.postMessage(answer);
});
