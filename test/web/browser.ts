import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const found = CANDIDATES.find((path) => existsSync(path));

/** Why tests in a browser are skipped; null where they run. With `REQUIRE_ENGINES=1` they always run. */
export const BROWSER_MISSING: string | null =
  found !== undefined || process.env.REQUIRE_ENGINES === '1' ? null : 'install the package chromium';

/** ` (skipped: …)` for the name of a suite. */
export const SKIPPED = BROWSER_MISSING === null ? '' : ` (skipped: ${BROWSER_MISSING})`;

/** How long is waited for what the browser does: a machine that others use as well may stand still for a while. */
const WAIT_MILLISECONDS_MAX = 90_000;

/** Starts Chromium with an empty profile of its own, and nothing that it would ask the network for. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
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
  });
}

/** A page, with what it must not do: errors, broken rules of its policy, requests to other hosts. */
export interface WatchedPage {
  readonly page: Page;
  readonly wrongs: readonly string[];
}

/** Opens a page in a context of its own; `BASE` 1280 × 900, in UTC, unless told otherwise. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    timezoneId: 'UTC',
    locale: 'en-GB',
    baseURL: url,
    acceptDownloads: true,
    ...options,
  });
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
