import { askNeo4j, neo4jServer } from '../../../src/bench/servers/neo4j.js';
import { repetitions } from '../../long.js';
import { describeEngine, RACES } from '../shared/engine-tests.js';
import { NEO4J_MISSING, QUICKLY_WARM } from './server.js';

const LABELS = ['Store', 'Contact', 'Event', 'Symbol', 'Day', 'Cell', 'Note'];

describeEngine('Neo4j', NEO4J_MISSING, neo4jServer(QUICKLY_WARM), {
  nameOption: 'prefix',
  page: 'neo4j.md',
  setFormat: "MATCH (store:TallyStore) SET store.format = '2'",
  loss: null,
  // All of them take minutes; PostgreSQL's, on the same core, are all run in each setting.
  cases: repetitions(1) === 1 ? RACES : /./,
  async empty(url) {
    for (const label of LABELS) await askOf(url, `MATCH (node:Tally${label}) DETACH DELETE node`);
  },
  ask: askOf,
});

function askOf(url: string, question: string): Promise<object[]> {
  const { port, searchParams } = new URL(url);
  return askNeo4j(
    Number(port),
    question.replaceAll(':Tally', `:${searchParams.get('prefix')!.toUpperCase()}`),
  );
}
