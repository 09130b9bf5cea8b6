import type { FastifyDynamicSwaggerOptions, SwaggerTransformObject } from '@fastify/swagger';
import fastify, { type RouteOptions } from 'fastify';
import { ERRORS, type ErrorCode } from '../../contract/errors.js';
import type { Guarded } from '../access/access.js';
import { BATCH_PATH } from '../bodies.js';
import { PROBLEM_TYPE } from '../reply.js';
import { compilersFactory } from '../schema-compilers.js';
import type { App } from './routes.js';
import { problemSchema } from './schemas.js';

/** The codes that any request can be answered with. */
const COMMON_ERRORS: readonly ErrorCode[] = [
  'REQUEST_INVALID',
  'URL_INVALID',
  'HOST_UNKNOWN',
  'REQUEST_TIMEOUT',
  'URL_TOO_LONG',
  'HEADERS_TOO_LARGE',
  'SERVER_STOPPING',
  'FILES_TOO_MANY',
  'INTERNAL',
];

/**
 * Collects the routes that are added from now on; what it answers with makes their OpenAPI document when it is first
 * asked for. A server of its own, which never listens, does that: a start would take a tenth longer with it.
 */
export function describeRoutes(app: App): () => Promise<string> {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    if (route.method !== 'HEAD') routes.push(route);
  });
  let document: Promise<string> | undefined;
  return () => {
    document ??= describe(routes).catch((error: unknown) => {
      // What it needs may be there at the next try: too many files may be open now.
      document = undefined;
      throw error;
    });
    return document;
  };
}

async function describe(routes: readonly RouteOptions[]): Promise<string> {
  const { default: swagger } = await import('@fastify/swagger');
  const app = fastify({ schemaController: { compilersFactory } });
  await app.register(swagger, openapiOptions());
  for (const { method, url, schema, config, handler } of routes) {
    app.route({ method, url, handler, ...(schema && { schema }), ...(config && { config }) });
  }
  await app.ready();
  return JSON.stringify(app.swagger());
}

/** How the OpenAPI document is made from the schemas of the routes. */
function openapiOptions(): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tallyboard',
        version: '1',
        description:
          "Answers a client's question, logs the contact, and keeps exact, live tallies. Errors are RFC 9457 problem documents with a stable code.",
      },
      // Under whatever name it is asked: the document does not know.
      servers: [{ url: '/', description: 'The server that this document came from' }],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'Where the server asks for a token' },
          share: {
            type: 'apiKey',
            in: 'query',
            name: 'share',
            description: 'The secret of a shared link, where the server asks for a token',
          },
        },
      },
    },
    transform({ schema, url, route }) {
      const { response, ...rest } = (schema ?? {}) as { response?: object };
      return {
        schema: {
          ...rest,
          ...(route.config?.guarded === undefined ? {} : { security: securityOf(route.config) }),
          response: {
            ...(response ?? { 200: { description: 'OK', type: 'string' } }),
            ...problemResponses([
              ...(route.config?.errors ?? []),
              ...guardErrors(route.config?.guarded),
              ...(route.config?.isShared === true ? (['LINK_WITHDRAWN'] as const) : []),
            ]),
          },
        },
        url,
      };
    },
    transformObject: bodiesAreOptional,
  };
}

function securityOf({ isShared = false }: { readonly isShared?: boolean }): Record<string, string[]>[] {
  return [{ token: [] }, ...(isShared ? [{ share: [] }] : []), {}];
}

/** What a guarded route can be answered with: where its token is set, or, on the loopback address, where it is not. */
function guardErrors(guarded: Guarded | undefined): readonly ErrorCode[] {
  if (guarded === undefined) return [];
  return guarded === 'ingest'
    ? ['TOKEN_MISSING', 'TOKEN_WRONG', 'CROSS_SITE']
    : ['TOKEN_MISSING', 'TOKEN_WRONG', 'CROSS_SITE', 'TOKENS_TOO_MANY'];
}

/** One response a status, with the codes that come with it. */
function problemResponses(errors: readonly ErrorCode[]): Record<number, object> {
  const codesByStatus = new Map<number, ErrorCode[]>();
  for (const code of [...errors, ...COMMON_ERRORS]) {
    const { status } = ERRORS[code];
    codesByStatus.set(status, [...(codesByStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...codesByStatus].map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => `${code}: ${ERRORS[code].title}`).join('; '),
        content: { [PROBLEM_TYPE]: { schema: problemSchema(status, codes) } },
      },
    ]),
  );
}

/** The generator takes every body for required; but for a batch, the query can say it all. */
const bodiesAreOptional: SwaggerTransformObject = (document) => {
  if (!('openapiObject' in document)) return document.swaggerObject;
  const { openapiObject } = document;
  for (const [url, path] of Object.entries(openapiObject.paths ?? {})) {
    const body = path?.post?.requestBody;
    if (body !== undefined && 'required' in body) body.required = url === BATCH_PATH;
  }
  return openapiObject;
};
