import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createReader } from '../../src/stores/index.js';
import { type EventTable, openEventTable } from '../../src/transfer/duckdb/event-table.js';
import { runQuery } from '../../src/transfer/duckdb/query.js';
import { log } from '../cli/running.js';
import { SHARED_MISSING, sharedFile } from '../shared-data.js';
import { PICTURES, rowsOf } from './analysis-pictures.js';
import { barPicture } from './bar-picture.js';

const document = await readFile(new URL('../../docs/analysis.md', import.meta.url), 'utf8');
const questions = [...document.matchAll(/^### (.*)\n[^#]*?```sql\n([^`]*)```\n\n```\n([^`]*)```/gm)].map(
  ([, question, sql, answer]) => ({ question: question!, sql: sql!, answer: answer! }),
);

it('docs/analysis.md has ten questions, each with its answer', () => {
  expect(questions).toHaveLength(10);
  expect(document.match(/```sql/g)).toHaveLength(10);
});

it.each(questions.map(({ answer }, i) => ({ number: i + 1, answer })))(
  'its picture $number shows the answer (if not: npx vitest run test/docs --update)',
  async ({ number, answer }) => {
    const { title, bars } = PICTURES[number - 1]!;
    await expect(barPicture(title, bars(rowsOf(answer)))).toMatchFileSnapshot(
      `../../docs/images/analysis/${number}.svg`,
    );
    expect(document).toContain(`(images/analysis/${number}.svg)`);
  },
);

const name = SHARED_MISSING === null ? 'the answers' : `skipped, since ${SHARED_MISSING}`;
describe.skipIf(SHARED_MISSING !== null)(name, () => {
  let table: EventTable;
  beforeAll(async () => {
    const reader = await createReader(`sqlite:${sharedFile('forty-days.db')}`, { log });
    await reader.open();
    table = await openEventTable(reader);
    await reader.close();
  });
  afterAll(() => table.close());

  it.each(questions)('$question', async ({ sql, answer }) => {
    let answered = '';
    const output = {
      async write(text: string) {
        answered += text;
        return true;
      },
    };
    await runQuery(table.connection, sql, 'table', output);
    expect(answered).toBe(answer);
  });
});
