import type { FastifySchemaCompiler, FastifyServerOptions } from 'fastify';
import { Compile, fastJsonStringify, type TSchema } from './libraries.js';
import { notAnObject, notText } from './read.js';

type Factory = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>;

/**
 * Judges the shape of JSON bodies by their schema. The values of fields, wherever they come from, are for the
 * readers, which have a code for each thing that can be wrong with them.
 */
const validateBody: FastifySchemaCompiler<TSchema> = ({ schema, httpPart, ...rest }) => {
  const { contentType } = rest as { contentType?: string };
  if (httpPart !== 'body' || contentType !== 'application/json') return () => true;
  const validator = Compile(schema);
  return (body: unknown) => {
    // A request without a body comes as null.
    if (body === null || validator.Check(body)) return true;
    const shape = validator.Errors(body).find((error) => error.keyword === 'type');
    if (shape === undefined) return true;
    return { error: shape.instancePath === '' ? notAnObject() : notText(shape.instancePath.slice(1)) };
  };
};

/** Makes what writes the answers of a route when it gives the first: for all routes that takes a tenth of a server's start. */
function serializeLate({ schema }: { schema?: unknown }): (answer: unknown) => string {
  let serialize: ((answer: unknown) => string) | undefined;
  return (answer) => {
    serialize ??= fastJsonStringify(schema as TSchema);
    return serialize(answer);
  };
}

/** To be given when a server is made: without them Fastify loads Ajv, whatever it is given later. */
export const compilersFactory: Factory = {
  // The type is that of Ajv's compiler alone; it is called as any is that is set later.
  buildValidator: (() => validateBody) as unknown as NonNullable<Factory['buildValidator']>,
  buildSerializer: () => serializeLate,
};
