import { expect, it } from 'vitest';
import { askNeo4j, neo4jServer } from '../../../src/bench/servers/neo4j.js';
import { DAY, INSTANT_MAX, INSTANT_MIN } from '../../../src/domain/time.js';
import { repetitions } from '../../long.js';
import { initials } from '../journal/support.js';
import { describeEngine, RACES } from '../shared/engine-tests.js';
import { openStore } from '../shared/support.js';
import { NEO4J_MISSING, QUICKLY_WARM } from './server.js';

const LABELS = ['Store', 'Contact', 'Event', 'Symbol', 'Day', 'Cell', 'Note'];

describeEngine(
  'Neo4j',
  NEO4J_MISSING,
  neo4jServer(QUICKLY_WARM),
  {
    nameOption: 'prefix',
    page: 'neo4j.md',
    setFormat: "MATCH (note:TallyNote {name: 'format'}) SET note.value = '2'",
    loss: null,
    // All of them take minutes; PostgreSQL's, on the same core, are all run in each setting.
    cases: repetitions(1) === 1 ? RACES : /./,
    async empty(url) {
      for (const label of LABELS) await askOf(url, `MATCH (node:Tally${label}) DETACH DELETE node`);
    },
    ask: askOf,
  },
  (place) => {
    it('takes nothing where the node that batches lock is gone', async () => {
      const url = place.server.freshUrl();
      const store = await openStore(url);
      await store.append(initials(0, 1));
      await askOf(url, 'MATCH (store:TallyStore) DETACH DELETE store');
      await expect(store.append(initials(1, 2))).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
      await expect(store.unmatched()).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
      expect(await askOf(url, 'MATCH (event:TallyEvent) RETURN event.id AS id')).toHaveLength(1);
      await store.close();
    });

    it('has contacts on their days in UTC, also before 1970 and at the ends of time', async () => {
      const url = place.server.freshUrl();
      const store = await openStore(url);
      const instants = [INSTANT_MIN, -1, 0, DAY - 1, DAY, INSTANT_MAX - 1];
      await store.append(initials(0, instants.length).map((event, n) => ({ ...event, at: instants[n]! })));
      const found = (await askOf(
        url,
        'MATCH (contact:TallyContact)-[:CAME_ON]->(day:TallyDay) RETURN contact.initial_at AS at, toString(day.date) AS day',
      )) as { at: number; day: string }[];
      const dayOf = (at: number) => new Date(Math.floor(at / DAY) * (DAY / 1000)).toISOString().slice(0, 10);
      expect(found.map(({ day }) => day).sort()).toEqual(instants.map(dayOf).sort());
      await store.close();
    });
  },
);

function askOf(url: string, question: string): Promise<object[]> {
  const { port, searchParams } = new URL(url);
  return askNeo4j(
    Number(port),
    question.replaceAll(':Tally', `:${searchParams.get('prefix')!.toUpperCase()}`),
  );
}
