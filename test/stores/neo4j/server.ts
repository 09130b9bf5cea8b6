import neo4j from 'neo4j-driver-lite';
import { neo4jServer } from '../../../src/bench/servers/neo4j.js';
import { missing } from '../shared/support.js';

/** Why tests with Neo4j are skipped; null where they run. */
export const NEO4J_MISSING = missing('Neo4j', neo4jServer());

/** On two cores the JVM's second compiler takes more time than a test gains by it. */
export const QUICKLY_WARM = '-XX:TieredStopAtLevel=1';

const NO_PASSWORD = { scheme: 'none', credentials: '' };

/** Asks on a connection of its own. */
export async function ask(port: number, statement: string): Promise<object[]> {
  const driver = neo4j.driver(`bolt://127.0.0.1:${port}`, NO_PASSWORD, { disableLosslessIntegers: true });
  try {
    const { records } = await driver.executeQuery(statement);
    return records.map((record) => record.toObject());
  } finally {
    await driver.close();
  }
}
