import { expect, it } from 'vitest';
import { describe as describeError } from '../../src/contract/errors.js';
import { openStore } from './shared/support.js';

it.each([
  ['postgres://127.0.0.1:1/og', 'PostgreSQL'],
  ['mariadb://127.0.0.1:1/og', 'MariaDB'],
  ['neo4j://127.0.0.1:1', 'Neo4j'],
  ['bolt://127.0.0.1:1', 'Neo4j'],
  ['redis://127.0.0.1:1', 'Redis'],
  ['mongodb://127.0.0.1:1/og?timeout-milliseconds=1000', 'MongoDB'],
  ['elasticsearch://127.0.0.1:1', 'Elasticsearch'],
  ['opensearch://127.0.0.1:1', 'OpenSearch'],
  ['amqp://127.0.0.1:1', 'RabbitMQ'],
])('of %s, where nobody listens, the reason is told once, in a line', async (url, name) => {
  const error = await openStore(url).catch((error: unknown) => error);
  expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  const words = describeError(error);
  expect(words).toMatch(
    new RegExp(`^${name} at 127\\.0\\.0\\.1:1 cannot be opened: .*ECONNREFUSED 127\\.0\\.0\\.1:1`),
  );
  expect(words.match(/ECONNREFUSED/g)).toHaveLength(1);
  expect(words.length).toBeLessThan(180);
});
