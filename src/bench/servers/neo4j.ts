import type { ServerKind } from '../../contract/server-kind.js';
import { fetchedByMaven } from './maven.js';

/** Neo4j Community as it comes, which syncs each commit; without a password. */
export function neo4jServer(...flags: readonly string[]): ServerKind {
  const { target, ...fetched } = fetchedByMaven('neo4j');
  return {
    ...fetched,
    async initialise() {},
    command: (folder, port) => ({
      words: [
        ...['java', '-Xms64m', '-Xmx512m', '-XX:+UseSerialGC', ...flags],
        ...['-cp', `${target}lib/*:${target}classes`, 'Neo4jServer', String(port), folder],
      ],
      // It is looked for where the user’s programs are.
      options: { env: undefined },
    }),
    async ready(port) {
      await askNeo4j(port, 'RETURN 1');
    },
    storeUrl: (port) => `bolt://neo4j:neo4j@127.0.0.1:${port}`,
  };
}

/** Asks such a server on a connection of its own. */
export async function askNeo4j(port: number, statement: string): Promise<object[]> {
  const { default: neo4j } = await import('neo4j-driver-lite');
  const nobody = { scheme: 'none', credentials: '' };
  const driver = neo4j.driver(`bolt://127.0.0.1:${port}`, nobody, { disableLosslessIntegers: true });
  try {
    const { records } = await driver.executeQuery(statement);
    return records.map((record) => record.toObject());
  } finally {
    await driver.close();
  }
}
