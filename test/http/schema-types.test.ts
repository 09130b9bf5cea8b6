import { Type as TypeBox } from 'typebox';
import { expect, it } from 'vitest';
import { Type } from '../../src/http/routes/schema-types.js';

function schemas(type: typeof Type): readonly object[] {
  const text = type.String({ description: 'some', pattern: '^a' });
  return [
    text,
    type.Boolean(),
    type.Integer({ minimum: 1 }),
    type.Number(),
    type.Null(),
    type.Literal('a'),
    type.Literal(1, { description: 'one' }),
    type.Enum(['a', 'b'], { default: 'a' }),
    type.Array(text, { maxItems: 3 }),
    type.Union([text, type.Null()], { description: 'or none' }),
    type.Unsafe<string>({ anyOf: [{ type: 'string' }] }),
    type.Object({}),
    type.Object({ a: type.Optional(text) }),
    type.Object(
      { a: type.Optional(text), b: text, c: type.Optional(type.Array(type.Object({ d: text }))) },
      { title: 't' },
    ),
  ];
}

it('are the schemas of TypeBox, to the letter', () => {
  expect(JSON.stringify(schemas(Type))).toBe(JSON.stringify(schemas(TypeBox)));
});
