import type { Type as TypeBox } from 'typebox';

type Builder = Pick<
  typeof TypeBox,
  | ('Array' | 'Boolean' | 'Enum' | 'Integer' | 'Literal' | 'Null' | 'Number' | 'Object' | 'Optional')
  | ('String' | 'Union' | 'Unsafe')
>;
type Schema = Readonly<Record<string, unknown>>;

const optional = new WeakSet<Schema>();

const simple = (type: string) => (options?: Schema) => ({ type, ...options });

const BUILDER = {
  Array: (items: Schema, options?: Schema) => ({ type: 'array', items, ...options }),
  Boolean: simple('boolean'),
  Enum: (values: readonly unknown[], options?: Schema) => ({ enum: values, ...options }),
  Integer: simple('integer'),
  Literal: (value: unknown, options?: Schema) => ({ type: typeof value, const: value, ...options }),
  Null: simple('null'),
  Number: simple('number'),
  Object(properties: Readonly<Record<string, Schema>>, options?: Schema) {
    const required = Object.keys(properties).filter((name) => !optional.has(properties[name]!));
    return { type: 'object', ...(required.length > 0 && { required }), properties, ...options };
  },
  Optional(schema: Schema) {
    const copy = { ...schema };
    optional.add(copy);
    return copy;
  },
  String: simple('string'),
  Union: (anyOf: readonly Schema[], options?: Schema) => ({ anyOf, ...options }),
  Unsafe: (schema: Schema) => ({ ...schema }),
};

/**
 * JSON schemas as TypeBox makes them, with its types. Schemas are all that is wanted of it at run time, and to load
 * its 680 modules for them took a fifth of a server's start.
 */
export const Type = BUILDER as unknown as Builder;
