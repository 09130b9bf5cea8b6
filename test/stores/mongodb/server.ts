import { inMongoDb, mongodbServer } from '../../../src/bench/servers/mongodb.js';
import type { ServerKind } from '../../../src/contract/server-kind.js';
import { missing } from '../shared/support.js';

/** A MongoDB that is there already, with the database that takes the tests' collections. */
const REAL = process.env.TALLYBOARD_TEST_MONGODB_URL;

/** Why tests with MongoDB are skipped; null where they run. */
export const MONGODB_MISSING = REAL === undefined ? missing('MongoDB', mongodbServer()) : null;

/** Whoever reads of a test is to know what it ran on. */
export const MONGODB_NAME =
  REAL === undefined
    ? 'MongoDB, as mongo-java-server speaks it, which keeps nothing on a disk'
    : 'MongoDB, as it is there';

/** What the tests run on: a server of their own, or a way to the one that is there. */
export function mongodb(): ServerKind {
  const own = mongodbServer();
  if (REAL === undefined) return own;
  const { hostname, port: target, pathname } = new URL(REAL);
  const relay = `require('net').createServer((client) => {
    const server = require('net').connect(${Number(target || 27_017)}, ${JSON.stringify(hostname)});
    for (const [from, to] of [[client, server], [server, client]]) from.on('error', () => to.destroy()).pipe(to);
  }).listen(process.argv[1], '127.0.0.1')`;
  return {
    ...own,
    command: (_, port) => ({ words: [process.execPath, '-e', relay, String(port)], options: {} }),
    storeUrl: (port) => `mongodb://127.0.0.1:${port}${pathname}`,
  };
}

/** Asks in the language of mongosh: `db.tally_contacts.aggregate([…])`. */
export function askMongoDb(url: string, question: string): Promise<object[]> {
  const { port, pathname, searchParams } = new URL(url);
  return inMongoDb(Number(port), async (client) => {
    const database = client.db(pathname.slice(1));
    const db = new Proxy({}, { get: (_, name) => database.collection(String(name)) });
    const text = question
      .trim()
      .replaceAll('tally_', `${searchParams.get('prefix')}_`)
      .replace(/;$/, '');
    const answer = new Function('db', `return (${text});`)(db) as { toArray?(): Promise<object[]> };
    return answer.toArray === undefined ? [(await answer) as object] : answer.toArray();
  });
}
