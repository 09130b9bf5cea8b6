import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { ServerKind } from '../../contract/server-kind.js';

/** Where `mvn package` puts it. */
const TARGET = new URL('../../../engines/mongodb/target/', import.meta.url).pathname;

/** A server that speaks MongoDB's protocol, and keeps its data for as long as it runs. */
export function mongodbServer(): ServerKind {
  return {
    packages: 'default-jdk-headless and maven, and run: mvn package -f engines/mongodb',
    isInstalled: () =>
      existsSync(`${TARGET}lib`) &&
      existsSync(`${TARGET}classes`) &&
      spawnSync('java', ['-version']).status === 0,
    async initialise() {},
    command: (_, port) => ({
      words: [
        ...['java', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
        ...['-cp', `${TARGET}lib/*:${TARGET}classes`, 'MongoDbServer', String(port)],
      ],
      // It is looked for where the user’s programs are.
      options: { env: undefined },
    }),
    async ready(port) {
      await inMongoDb(port, (client) => client.db('admin').command({ ping: 1 }));
    },
    storeUrl: (port) => `mongodb://127.0.0.1:${port}/tallyboard`,
  };
}

/** Asks such a server on a connection of its own. */
export async function inMongoDb<T>(
  port: number,
  ask: (client: import('mongodb').MongoClient) => Promise<T>,
): Promise<T> {
  const { MongoClient } = await import('mongodb');
  const client = new MongoClient(`mongodb://127.0.0.1:${port}`, { serverSelectionTimeoutMS: 1000 });
  try {
    return await ask(client);
  } finally {
    await client.close();
  }
}
