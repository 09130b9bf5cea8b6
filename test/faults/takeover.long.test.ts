import { setTimeout as pause } from 'node:timers/promises';
import { it } from 'vitest';
import { repetitions } from '../long.js';
import { expectTakeover } from './takeover.js';

it('loses nothing when it is stopped at any moment, and goes on after another server has taken its directory', async () => {
  for (let round = 0; round < repetitions(4); round += 1) {
    // Small segments, so that some are stopped while they begin the next; without zeros a segment looks closed.
    await expectTakeover(`segment-bytes=262200&ahead-bytes=${round % 2 === 0 ? 0 : 65_536}`, {
      async before(first) {
        await pause(Math.random() * 400);
        first.child.kill('SIGSTOP');
      },
      after(first) {
        first.child.kill('SIGCONT');
      },
    });
  }
}, 3_600_000);
