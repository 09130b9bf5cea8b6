import { describe } from '../../contract/errors.js';
import { type LoadJob, runLoadJob } from './load-job.js';

/** The load generator, a process of its own: runs the jobs that its parent sends, one after the other. */
process.on('message', (job: LoadJob) => {
  runLoadJob(job).then(
    (result) => process.send!({ result }),
    (error: unknown) => process.send!({ error: describe(error) }),
  );
});

process.on('disconnect', () => process.exit(0));
