import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServerProcess } from '../faults/server-process.js';
import { BROWSER_MISSING, openPage, SKIPPED, sharedBrowser } from './browser.js';
import { post, temporaryFolder, uuid } from './support.js';

const TOKEN = 'a-token-of-the-dashboard';
/** What the browser says of a frame that it does not show. */
const REFUSED = 'frame-ancestors';

describe.skipIf(BROWSER_MISSING !== null)(`in the frame of another site${SKIPPED}`, () => {
  let browser: Browser;
  let wiki: Server;
  beforeAll(async () => {
    browser = await sharedBrowser();
    // To a browser another name is another site, and both are of this machine.
    wiki = createServer(({ url }, response) => {
      const framed = new URL(url!, 'http://localhost').searchParams.get('framed') ?? '';
      response.setHeader('content-type', 'text/html');
      response.end(`<h1>A wiki</h1><iframe src="${framed.replaceAll('&', '&amp;')}"></iframe>`);
    });
    await new Promise<void>((resolve) => wiki.listen(0, 'localhost', resolve));
  });
  afterAll(async () => {
    await browser?.close();
    wiki?.close();
  });

  async function wikiWith(framed: string): Promise<{ page: Page; told: readonly string[] }> {
    const { port } = wiki.address() as AddressInfo;
    const { page } = await openPage(browser, `http://localhost:${port}`);
    const told: string[] = [];
    page.on('console', (message) => {
      if (message.text().includes(REFUSED)) told.push(REFUSED);
    });
    await page.goto(`/?framed=${encodeURIComponent(framed)}`);
    return { page, told };
  }

  it.each([
    ['a token', ['--dashboard-token', TOKEN]],
    ['no token', []],
  ])(
    'stands the chart of a link that was made for it, and nothing else, of a server with %s',
    async (_name, flags) => {
      const { url, end } = await startServerProcess(`journal:${join(temporaryFolder(), 'data')}`, [], flags);
      await post(url, `/initial?uuid=${uuid(1)}&symbol=e`);
      const headers = { authorization: `Bearer ${TOKEN}` };
      const make = async (name: string, embed: string) => {
        const body = new URLSearchParams({ name, embed });
        const made = await fetch(`${url}/dashboard/shares`, { method: 'POST', headers, body });
        return `${url}${((await made.json()) as { path: string }).path}`;
      };
      const [framed, plain] = [await make('wiki', 'yes'), await make('wall', 'no')];

      const { page } = await wikiWith(framed);
      const frame = page.frameLocator('iframe');
      await frame.locator('.embed .u-over').waitFor();
      await frame.locator('.sentence', { hasText: ': 1 contact,' }).waitFor();
      await post(url, `/initial?uuid=${uuid(2)}&symbol=e`);
      await frame.locator('.sentence', { hasText: ': 2 contacts,' }).waitFor();
      await page.context().close();

      const gone = await fetch(`${url}/dashboard/shares/wiki`, { method: 'DELETE', headers });
      expect(gone.status).toBe(204);
      for (const link of [framed, plain, `${plain}&embed=chart`, `${url}/`, `${url}/?embed=chart`]) {
        const other = await wikiWith(link);
        await expect.poll(() => other.told).toContain(REFUSED);
        await other.page.context().close();
      }
      await end('SIGTERM');
    },
  );
});
