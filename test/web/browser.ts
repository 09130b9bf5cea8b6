import { existsSync } from 'node:fs';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type BrowserServer,
  chromium,
  type Page,
} from 'playwright-core';
import { inject } from 'vitest';
import { askDoor } from '../door.js';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const found = CANDIDATES.find((path) => existsSync(path));

/** Why tests in a browser are skipped; null where they run. With `REQUIRE_ENGINES=1` they always run. */
export const BROWSER_MISSING: string | null =
  found !== undefined || process.env.REQUIRE_ENGINES === '1' ? null : 'install the package chromium';

/** ` (skipped: …)` for the name of a suite. */
export const SKIPPED = BROWSER_MISSING === null ? '' : ` (skipped: ${BROWSER_MISSING})`;

/** How long is waited for what the browser does: a machine that others use as well may stand still for a while. */
const WAIT_MILLISECONDS_MAX = 90_000;

/** Chromium with nothing that it would ask the network for. */
const LAUNCH = {
  executablePath: found ?? CANDIDATES[0]!,
  timeout: WAIT_MILLISECONDS_MAX,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

/** Starts the browser that the tests share. */
export function launchBrowserServer(): Promise<BrowserServer> {
  return chromium.launchServer({ ...LAUNCH, host: '127.0.0.1' });
}

/** The browser that all tests share; what one opens in it, another does not see. Closing it leaves it to them. */
export async function sharedBrowser(): Promise<Browser> {
  return chromium.connect(await askOnce('browser'), { timeout: WAIT_MILLISECONDS_MAX });
}

/** Asks for what is started once for all tests of the page. */
export function askOnce(what: string): Promise<string> {
  return askDoor(inject('onceUrl'), `/${what}`);
}

/** A page, with what it must not do: errors, broken rules of its policy, requests to other hosts. */
export interface WatchedPage {
  readonly page: Page;
  readonly wrongs: readonly string[];
}

/** Opens a page in a context of its own; 1280 × 900, in UTC, unless told otherwise. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ ...BASE, timezoneId: 'UTC', baseURL: url, ...options });
  return watchedPage(context, url);
}

/** Opens a page in a browser of its own: one with that profile, and with that environment besides its own. */
export async function openProfile(
  url: string,
  profile: string,
  environment: Readonly<Record<string, string>>,
): Promise<WatchedPage> {
  const env = { ...process.env, ...environment };
  return watchedPage(
    await chromium.launchPersistentContext(profile, { ...LAUNCH, ...BASE, baseURL: url, env }),
    url,
  );
}

/** Without motion: what fades in takes a third of the time, and only the tests of the look see it. */
const BASE = {
  viewport: { width: 1280, height: 900 },
  locale: 'en-GB',
  acceptDownloads: true,
  reducedMotion: 'reduce',
} as const;

async function watchedPage(context: BrowserContext, url: string): Promise<WatchedPage> {
  context.setDefaultTimeout(WAIT_MILLISECONDS_MAX);
  const page = await context.newPage();
  const wrongs: string[] = [];
  page.on('pageerror', (error) => wrongs.push(`threw ${error}`));
  page.on('console', (message) => {
    // What the network refuses is shown on the page, and tested there.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      wrongs.push(`said ${message.text()}`);
    }
  });
  page.on('request', (request) => {
    const target = request.url();
    if (!target.startsWith(`${url}/`) && !/^(data|blob):/.test(target)) wrongs.push(`asked ${target}`);
  });
  return { page, wrongs };
}
