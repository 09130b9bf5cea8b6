import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Model } from '../../src/contract/model.js';
import { startTestServer, type TestServer } from '../http/support.js';
import { dashboardQueries, OPS } from './files.js';

let server: TestServer;
let known: ReadonlySet<string>;
beforeAll(async () => {
  const store = new Model();
  server = await startTestServer({ store, folder: '/' });
  await store.recordVerification({ at: 0, events: 0, contacts: 0, differences: 0 });
  // A histogram with labels has no series before the first request.
  await fetch(`${server.url}/followup`, { method: 'POST' });
  const text = await (await fetch(`${server.url}/metrics`)).text();
  known = new Set([...text.matchAll(/^(?:# TYPE )?(\w+)[{ ]/gm)].map(([, name]) => name!));
});
afterAll(() => server.stop());

describe('/metrics has what is named by', () => {
  it('the alert rules', () => {
    const rules = readFileSync(`${OPS}/prometheus/rules.yml`, 'utf8');
    // Alerts are named in capitals; what is explained is named by flags and commands.
    expect(
      unknown([...rules.matchAll(/\b(?:tallyboard|process|nodejs)_\w+/g)].map(([name]) => name)),
    ).toEqual([]);
  });

  it('the series of their trial', () => {
    const trial = readFileSync(`${OPS}/prometheus/rules.test.yml`, 'utf8');
    const series = [...trial.matchAll(/series: '(\w+)\{/g)].map(([, name]) => name!);
    expect(unknown(series.filter((name) => name !== 'up'))).toEqual([]);
  });

  it('the dashboard', () => {
    const queries = dashboardQueries();
    expect(queries.length).toBeGreaterThan(20);
    for (const { panel, expr } of queries) {
      const names = expr.match(/\b(?:tallyboard|process|nodejs)_\w+/g) ?? [];
      expect(names, panel).not.toEqual([]);
      expect(unknown(names), panel).toEqual([]);
    }
  });
});

function unknown(names: readonly string[]): string[] {
  expect(names.length).toBeGreaterThan(0);
  return names.filter((name) => !known.has(name));
}
