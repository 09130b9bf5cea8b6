import type { ServerKind } from '../../contract/server-kind.js';
import { fetchedByMaven } from './maven.js';

/** A server that speaks MongoDB's protocol, and keeps its data for as long as it runs; over TLS with these files. */
export function mongodbServer(tls?: { readonly cert: string; readonly key: string }): ServerKind {
  const { target, ...fetched } = fetchedByMaven('mongodb');
  return {
    ...fetched,
    async initialise() {},
    command: (_, port) => ({
      words: [
        ...['java', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
        ...['-cp', `${target}lib/*:${target}classes`, 'MongoDbServer', String(port)],
        ...(tls === undefined ? [] : [tls.cert, tls.key]),
      ],
      // It is looked for where the user’s programs are.
      options: { env: undefined },
    }),
    async ready(port) {
      await inMongoDb(port, (client) => client.db('admin').command({ ping: 1 }), tls);
    },
    // It looks at every document for each update and each range.
    contactsMax: 10_000,
    storeUrl: (port) => `mongodb://127.0.0.1:${port}/tallyboard`,
  };
}

/** Asks such a server on a connection of its own. */
export async function inMongoDb<T>(
  port: number,
  ask: (client: import('mongodb').MongoClient) => Promise<T>,
  tls?: { readonly cert: string },
): Promise<T> {
  const { MongoClient } = await import('mongodb');
  const client = new MongoClient(`mongodb://127.0.0.1:${port}`, {
    serverSelectionTimeoutMS: 1000,
    ...(tls === undefined ? {} : { tls: true, tlsCAFile: tls.cert }),
  });
  try {
    return await ask(client);
  } finally {
    await client.close();
  }
}
