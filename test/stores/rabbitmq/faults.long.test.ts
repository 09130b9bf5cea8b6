import { expect, it } from 'vitest';
import { rabbitmq } from '../../../src/bench/servers/rabbitmq.js';
import { describeEngineFaults } from '../shared/engine-tests.js';
import { underFault } from '../shared/trial.js';
import { RABBITMQ_MISSING } from './server.js';

describeEngineFaults('RabbitMQ', RABBITMQ_MISSING, rabbitmq(), { nameOption: 'queue' }, (place) => {
  it('loses and doubles nothing when a server is killed that folds the log', async () => {
    const { lost } = await underFault(place.server.freshUrl(), async ([server]) => {
      await server!.end('SIGKILL');
    });
    expect(lost).toEqual([]);
  });
});
