import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startTestServer } from '../http/support.js';
import { BROWSER_MISSING, SKIPPED, sharedBrowser } from './browser.js';

const BUILT = fileURLToPath(new URL('../../dist/client', import.meta.url));

/** What a page of the server's own would do. */
const USE = `(async () => {
  const { createClient, ClientError } = await import('/client/index.js');
  const client = createClient('');
  const first = await client.initial('e');
  const refusal = await client.initial('x', { uuid: first.uuid }).catch((error) => error);
  const live = client.live();
  const { value } = await live.next();
  await live.return();
  return {
    first,
    again: await client.initial('e', { uuid: first.uuid }),
    followup: await client.followup(first.uuid),
    row: await client.symbol('e'),
    refused: [refusal instanceof ClientError, refusal.code, refusal.status],
    live: value.totals.contacts,
  };
})()`;

describe.skipIf(BROWSER_MISSING !== null)(`the client in a browser${SKIPPED}`, () => {
  it('runs as it was built, without a bundler', async () => {
    const server = await startTestServer();
    const browser = await sharedBrowser();
    try {
      const page = await browser.newPage({ baseURL: server.url });
      await page.route('**/client/*.js', async (route) => {
        const body = await readFile(
          BUILT + new URL(route.request().url()).pathname.replace('/client', ''),
          'utf8',
        );
        await route.fulfill({ body, contentType: 'text/javascript' });
      });
      await page.goto('/healthz');
      const { first, ...used } = (await page.evaluate(USE)) as { first: { uuid: string } };
      const { uuid } = first;
      expect(first).toEqual({ uuid, symbol: 'e', isVowel: true, replayed: false });
      expect(used).toMatchObject({
        again: { uuid, symbol: 'e', isVowel: true, replayed: true },
        followup: { uuid, replayed: false },
        row: { symbol: 'e', count: 1, followups: 1 },
        refused: [true, 'SYMBOL_CONFLICT', 409],
        live: 1,
      });
    } finally {
      await browser.close();
      await server.stop();
    }
  });
});
