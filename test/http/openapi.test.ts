import fc from 'fast-check';
import { Compile } from 'typebox/compile';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ERRORS } from '../../src/contract/errors.js';
import { parseSymbol, parseUuid } from '../../src/domain/contact.js';
import { SymbolText, UuidText } from '../../src/http/routes/schemas.js';
import { sendBatch } from './batch-client.js';
import { startTestServer, type TestServer } from './support.js';

interface Operation {
  readonly security?: readonly object[];
  readonly summary?: string;
  readonly operationId?: string;
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema: object }[];
  readonly requestBody?: { required?: boolean; content: Record<string, object> };
  readonly responses: Record<string, { description: string; content: Record<string, { schema: object }> }>;
}

describe('openapi', () => {
  let server: TestServer;
  let document: {
    openapi: string;
    info: object;
    servers: { url: string }[];
    components: { securitySchemes: object };
    paths: Record<string, Record<string, Operation>>;
  };

  beforeAll(async () => {
    server = await startTestServer();
    const reply = await request(`${server.url}/openapi.json`);
    expect(reply.headers['content-type']).toMatch(/^application\/json/);
    document = (await reply.body.json()) as typeof document;
  });
  afterAll(() => server.stop());

  test('is OpenAPI 3.1 and has every path with its method', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.info).toMatchObject({ title: 'Tallyboard' });
    expect(Object.entries(document.paths).map(([path, methods]) => [path, ...Object.keys(methods)])).toEqual([
      ['/initial', 'post'],
      ['/followup', 'post'],
      ['/dashboard/symbol/{symbol}', 'get'],
      ['/dashboard/range/{lower}/{upper}', 'get'],
      ['/healthz', 'get'],
      ['/readyz', 'get'],
      ['/metrics', 'get'],
      ['/openapi.json', 'get'],
      ['/dashboard/series/{lower}/{upper}', 'get'],
      ['/dashboard/summary/{lower}/{upper}', 'get'],
      ['/dashboard/guesses/{lower}/{upper}', 'get'],
      ['/dashboard/overview/{lower}/{upper}', 'get'],
      ['/dashboard/about', 'get'],
      ['/dashboard/live', 'get'],
      ['/dashboard/notes', 'get', 'post'],
      ['/dashboard/notes/{id}', 'delete'],
      ['/dashboard/shares', 'get', 'post'],
      ['/dashboard/shares/{name}', 'delete'],
      ['/events', 'get'],
      ['/events/{uuid}', 'get'],
      ['/', 'get'],
      ['/sign-in', 'post'],
      ['/sign-out', 'post'],
      ['/batch', 'post'],
    ]);
  });

  test('every operation has a summary, every path parameter is described', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const operation of Object.values(methods)) {
        expect(operation.summary, path).toMatch(/\w/);
        const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
        const described = (operation.parameters ?? []).filter((each) => each.in === 'path');
        expect(described.map((each) => each.name)).toEqual(named);
        expect(described.every((each) => each.required)).toBe(true);
      }
    }
  });

  test('every operation has a name that clients are made by, and it stays', () => {
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    expect(operations.map(({ operationId }) => operationId)).toEqual([
      'logInitial',
      'logFollowup',
      'tallyOfSymbol',
      'talliesOfRange',
      'isAlive',
      'isReady',
      'readMetrics',
      'readOpenapi',
      'seriesOfRange',
      'summaryOfRange',
      'guessesOfRange',
      'overviewOfRange',
      'aboutServer',
      'listenLive',
      'listNotes',
      'addNote',
      'removeNote',
      'listShares',
      'createShare',
      'revokeShare',
      'readEvents',
      'storyOfContact',
      'openPage',
      'signIn',
      'signOut',
      'logBatch',
    ]);
  });

  test('what is described is where the document came from', () => {
    const [{ url }, ...others] = document.servers as [{ url: string }];
    expect(others).toEqual([]);
    expect(new URL(url, `${server.url}/openapi.json`).href).toBe(`${server.url}/`);
  });

  test('what may ask for a token says so, and nothing else does', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const { security, responses } of Object.values(methods)) {
        const guarded = /^\/(initial|followup|batch|dashboard\/.*|events.*)?$/.test(path);
        const own = security?.filter((each) => !('share' in each));
        expect({ path, security: own }).toEqual({
          path,
          security: guarded ? [{ token: [] }, {}] : undefined,
        });
        if (guarded) expect(Object.keys(responses)).toContain('401');
      }
    }
    expect(document.components.securitySchemes).toMatchObject({ token: { type: 'http', scheme: 'bearer' } });
  });

  test('every problem has the status of its codes, and each code exists', () => {
    let problems = 0;
    for (const methods of Object.values(document.paths)) {
      for (const { responses } of Object.values(methods)) {
        for (const [status, { content }] of Object.entries(responses)) {
          const problem = content?.['application/problem+json'];
          if (problem === undefined) continue;
          const { properties } = problem.schema as {
            properties: { code: { enum: (keyof typeof ERRORS)[] }; status: { enum: number[] } };
          };
          expect(properties.code.enum.length).toBeGreaterThan(0);
          expect(properties.status.enum).toEqual([Number(status)]);
          for (const code of properties.code.enum) {
            expect(ERRORS[code]?.status, code).toBe(Number(status));
            problems += 1;
          }
        }
      }
    }
    expect(problems).toBeGreaterThan(50);
    expect(Object.keys(document.paths['/initial']!.post!.responses)).toEqual(
      expect.arrayContaining(['200', '400', '408', '409', '413', '414', '415', '431', '500', '503']),
    );
  });

  test('the fields may come in a body or in the query, and neither is required', () => {
    const { requestBody, parameters } = document.paths['/initial']!.post!;
    expect(requestBody?.required).toBe(false);
    expect(Object.keys(requestBody!.content)).toEqual([
      'application/json',
      'application/x-www-form-urlencoded',
    ]);
    expect(parameters!.map((each) => [each.name, each.in, each.required ?? false])).toEqual([
      ['uuid', 'query', false],
      ['symbol', 'query', false],
    ]);
  });

  test('answers are as the document describes them', async () => {
    const rows = document.paths['/dashboard/range/{lower}/{upper}']!.get!.responses['200']!;
    const validator = Compile(rows.content['application/json']!.schema as never);
    const reply = await request(`${server.url}/dashboard/range/2017-06-28/2017-06-30`);
    const body = await reply.body.json();
    expect(validator.Errors(body)).toEqual([]);
    expect(validator.Check([])).toBe(false);

    const refused = await request(`${server.url}/initial`, { method: 'POST' });
    const problem = document.paths['/initial']!.post!.responses['400']!;
    const shape = Compile(problem.content['application/problem+json']!.schema as never);
    expect(shape.Errors(await refused.body.json())).toEqual([]);
    expect(shape.Check({ code: 'NOT_FOUND' })).toBe(false);
  });

  test('a batch needs its body, and its answer is as described', async () => {
    const { requestBody, responses } = document.paths['/batch']!.post!;
    expect(requestBody?.required).toBe(true);
    expect(Object.keys(requestBody!.content)).toEqual(['application/x-ndjson', 'application/json']);
    const validator = Compile(responses['200']!.content['application/json']!.schema as never);
    const uuid = '9cdd7298-caf2-47fd-8b39-0df84387c768';
    const reply = await sendBatch(
      server,
      `{"uuid":"${uuid}","symbol":"e"}\n{"uuid":"${uuid}"}\n{"uuid":"x"}`,
    );
    expect(validator.Errors(reply.body)).toEqual([]);
    expect(validator.Check({ ...reply.body, results: [{ uuid: 'x' }] })).toBe(false);
  });

  test('the patterns of a uuid and a symbol are those of the domain', () => {
    const isUuid = Compile(UuidText);
    const isSymbol = Compile(SymbolText);
    const nearUuid = fc.oneof(
      fc.uuid(),
      fc.uuid().map((text) => text.toUpperCase()),
      fc.stringMatching(/^[0-9a-gA-G]{7,8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\n?$/),
      fc.string(),
    );
    fc.assert(fc.property(nearUuid, (text) => isUuid.Check(text) === (parseUuid(text) !== undefined)));
    for (let code = 0; code < 0x300; code += 1) {
      const text = String.fromCharCode(code);
      expect(isSymbol.Check(text), text).toBe(parseSymbol(text) !== undefined);
    }
    for (const text of ['', 'ee', 'e\n']) expect(isSymbol.Check(text)).toBe(parseSymbol(text) !== undefined);
  });
});
