import { BlockList, isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { TallyboardError } from '../../contract/errors.js';

/** Why a form may not be taken that the page of another site sent; undefined where it was not such a one. */
export function crossSiteRefusal(request: FastifyRequest): TallyboardError | undefined {
  if (!isCrossSite(request)) return undefined;
  return new TallyboardError(
    'CROSS_SITE',
    'another site sent this form: open the dashboard itself, and sign in there',
  );
}

/** Whether a text names this machine to itself: `localhost` and what is below it, 127.0.0.0/8, ::1. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  const version = isIP(name);
  return version !== 0 && LOOPBACK.check(name, version === 6 ? 'ipv6' : 'ipv4');
}

/** Judges what a browser of the same machine may have been led to send. */
export class Locality {
  readonly #names: ReadonlySet<string>;
  /** Parsing a URL takes longer than all else that is looked at, and few clients differ in it. */
  readonly #knownHosts = new Map<string, boolean>();

  /** `allowHosts`: the names, besides loopback's, under which the server is asked. */
  constructor(allowHosts: readonly string[]) {
    this.#names = new Set(allowHosts.map((name) => name.toLowerCase()));
  }

  /**
   * Why a server that only this machine reaches, and that asks for no token, does not take a request: a site can
   * have its name resolved to the loopback address and is then the page's own origin to a browser, and its pages
   * can send forms, and load what they cannot read.
   */
  refusal({ headers, method }: FastifyRequest, isGuarded: boolean): TallyboardError | undefined {
    // HTTP/1.0 may come without, and no browser speaks it.
    if (headers.host !== undefined && !this.#isKnown(headers.host)) {
      const port = /:\d+$/.exec(headers.host)?.[0] ?? '';
      return new TallyboardError(
        'HOST_UNKNOWN',
        `this server has no name '${headers.host.slice(0, 80)}': ask http://localhost${port}, or have it started with --allow-host, or with tokens`,
      );
    }
    const isForeign = this.#isForeign(headers['sec-fetch-site'], headers.origin);
    if (!isForeign || (method !== 'POST' && (!isGuarded || isOpenedByLink(headers)))) return undefined;
    return new TallyboardError(
      'CROSS_SITE',
      "the page of another site sent this: without tokens it is taken from programs and this machine's own pages only",
    );
  }

  #isForeign(site: string | string[] | undefined, origin: string | undefined): boolean {
    // The page of another port is same-site: a program of this machine, which could ask without a browser as well.
    if (site !== undefined) return site === 'cross-site';
    return origin !== undefined && !this.#isKnown(origin.replace(/^https?:\/\//i, ''));
  }

  #isKnown(host: string): boolean {
    let isKnown = this.#knownHosts.get(host);
    if (isKnown === undefined) {
      const name = /^[^\s/?#@\\]+$/.test(host) ? hostnameOf(`http://${host}`) : undefined;
      isKnown = name !== undefined && (isLoopback(name.replace(/^\[|\]$/g, '')) || this.#names.has(name));
      if (this.#knownHosts.size < HOSTS_SEEN_MAX) this.#knownHosts.set(host, isKnown);
    }
    return isKnown;
  }
}

const HOSTS_SEEN_MAX = 100;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether somebody follows a link, or opens a tab: what is loaded into another page is not shown by itself. */
function isOpenedByLink(headers: FastifyRequest['headers']): boolean {
  return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
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
