import type { FastifyRequest } from 'fastify';

const MASK = '***';

/**
 * The URL of a request for the log. Of the query it has those fields alone that the route
 * knows: what else stands there may be a token that somebody took for one, and logs have more readers.
 */
export function loggedUrl({ url, routeOptions }: Pick<FastifyRequest, 'url' | 'routeOptions'>): string {
  const start = url.search(/[?#]/);
  if (start === -1) return url;
  const schema = routeOptions.schema?.querystring as { properties?: object } | undefined;
  const known = new Set(Object.keys(schema?.properties ?? {}));
  const fields = url
    .slice(start + 1)
    .split('&')
    .map((field) => {
      // What stands before a = may be a token as well: many end with one.
      const [name] = field.split('=');
      return field === '' || known.has(name!) ? field : MASK;
    });
  return url.slice(0, start + 1) + fields.join('&');
}
