import { it } from 'vitest';
import { expectTakeover } from './takeover.js';

it('loses nothing, and counts nothing twice, when its lock is deleted under load and another server starts', async () => {
  await expectTakeover('segment-bytes=524288&checkpoint-milliseconds=20');
});
