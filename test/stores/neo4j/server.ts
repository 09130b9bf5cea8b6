import { neo4jServer } from '../../../src/bench/servers/neo4j.js';
import { missing } from '../shared/support.js';

/** Why tests with Neo4j are skipped; null where they run. */
export const NEO4J_MISSING = missing('Neo4j', neo4jServer());

/** On two cores the JVM's second compiler takes more time than a test gains by it. */
export const QUICKLY_WARM = '-XX:TieredStopAtLevel=1';
