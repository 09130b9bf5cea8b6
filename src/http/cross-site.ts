import type { FastifyRequest } from 'fastify';
import { TallyboardError } from '../contract/errors.js';

/** Why a form may not be taken that the page of another site sent; undefined where it was not such a one. */
export function crossSiteRefusal(request: FastifyRequest): TallyboardError | undefined {
  if (!isCrossSite(request)) return undefined;
  return new TallyboardError(
    'CROSS_SITE',
    'another site sent this form: open the dashboard itself, and sign in there',
  );
}

function isCrossSite({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  // Browsers say the site over HTTPS and to the loopback address alone; what is no browser says nothing at all.
  if (headers.origin === undefined) return false;
  const origin = hostnameOf(headers.origin);
  // Ports and schemes are left out, because a proxy may have others than the server that it asks.
  const own = [headers.host, headers['x-forwarded-host']].flatMap((hosts) => String(hosts ?? '').split(','));
  return origin === undefined || !own.some((host) => hostnameOf(`http://${host.trim()}`) === origin);
}

function hostnameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
