import { describe, it } from 'vitest';
import { repetitions, tried } from '../../../long.js';
import { nameOf } from '../../shared/support.js';
import { REDIS_MISSING, serverOfFile } from '../servers.js';
import { endsInTheMiddle, killedAgainAndAgain, makesRoom, readsLongDay, runsMeet } from './scenarios.js';

const server = await serverOfFile();

describe.skipIf(REDIS_MISSING !== null)(nameOf('the archive of Redis', REDIS_MISSING), () => {
  it('ends in the middle again and again', async () => {
    const times = repetitions(8);
    await endsInTheMiddle(server.port, times);
    tried('a run of archive that ends in the middle', times, 'every event is there once');
  });

  it('is killed again and again, while late events come', async () => {
    const kills = repetitions(4);
    await killedAgainAndAgain(server.port, kills, 50_000);
    tried('kill -9 of a run of archive', kills, 'every event is there once');
  });

  it('is moved by two runs that meet on a large day', async () => {
    const times = repetitions(1);
    for (let i = 0; i < times; i += 1) await runsMeet(server.port, 150_000, 700 + ((i * 137) % 1000));
    tried('two runs of archive that meet', times, 'every event is there once');
  });

  it.each(['one server', 'a Cluster'] as const)('makes room in the memory of %s', async (kind) => {
    await makesRoom(kind, 20);
    tried(`the memory of ${kind} full, and archived`, 1, 'events are taken again');
  });

  it('takes a day that is too long for one piece', async () => {
    await readsLongDay(server.port, 530_000);
    tried('a day of 530,000 events read and archived', 1, 'whole and in order');
  });
});
