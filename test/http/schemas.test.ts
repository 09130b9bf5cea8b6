import { describe, expect, test } from 'vitest';
import { fastJsonStringify, type TSchema } from '../../src/http/libraries.js';
import * as dashboardSchemas from '../../src/http/routes/dashboard-schemas.js';
import * as keptSchemas from '../../src/http/routes/kept-schemas.js';
import * as schemas from '../../src/http/routes/schemas.js';

/** A server makes what writes an answer when it is first asked: that a schema is wrong is to show here. */
describe('schemas', () => {
  const all = Object.entries<unknown>({ ...schemas, ...dashboardSchemas, ...keptSchemas });
  test.each(all.filter(([, schema]) => typeof schema === 'object'))('%s can be written', (_name, schema) => {
    expect(fastJsonStringify(schema as TSchema)).toBeTypeOf('function');
  });

  test('one that is wrong cannot', () => {
    expect(() =>
      fastJsonStringify({ type: 'object', properties: { a: { type: 'text' } } } as TSchema),
    ).toThrow();
  });
});
