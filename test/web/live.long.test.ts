import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../faults/server-process.js';
import { repetitions } from '../long.js';
import { BROWSER_MISSING, openPage, SKIPPED, sharedBrowser } from './browser.js';
import { oneWindow } from './one-window.js';
import { shows } from './reading.js';
import { makeStore, post, temporaryFolder, uuid } from './support.js';

describe.skipIf(BROWSER_MISSING !== null)(`the live page, again and again${SKIPPED}`, () => {
  let server: ServerProcess;
  let contacts = 0;
  beforeAll(async () => {
    server = await startServerProcess(`journal:${join(temporaryFolder(), 'data')}`);
  });
  const { open, visit } = oneWindow(() => server.url);
  afterAll(async () => {
    await server?.end('SIGTERM');
  });

  async function contact(): Promise<void> {
    contacts += 1;
    await post(server.url, `/initial?uuid=${uuid(contacts)}&symbol=e`);
  }

  it('has a contact within a second of its POST', async () => {
    const page = await open();
    await page.locator('.live.open').waitFor();
    // The other tests of this machine run at the same time, and may hold most of them up; a page that is late by
    // itself is late each time.
    const wanted = repetitions(10);
    for (let quick = 0; quick < wanted; ) {
      // As the first does, so that each comes to a page that is at rest.
      await page.waitForTimeout(1100);
      const allowed = Math.max(1, 0.5 + 4 * (await secondsOfQuestions(page)));
      const started = performance.now();
      await contact();
      await shows(page, 'Contacts', contacts.toLocaleString('en-US'));
      const seconds = (performance.now() - started) / 1000;
      if (seconds < allowed) quick += 1;
      expect(contacts - quick).toBeLessThanOrEqual(2 * wanted);
    }
  });

  it("asks for a contact's story when something of it is new, and not with all that is", async () => {
    await contact();
    const [first, followed] = [contacts, uuid(contacts)];
    await post(server.url, `/initial?uuid=${followed}&symbol=e`);
    const page = await visit('');
    let [asked, answered, started, restsUntil] = [0, 0, 0, 0];
    page.on('request', (request) => {
      if (!request.url().includes('/events/')) return;
      asked += 1;
      started = performance.now();
    });
    page.on('requestfinished', (request) => {
      if (!request.url().includes('/events/')) return;
      answered += 1;
      const ended = performance.now();
      // It rests for a second, or four times what asking took; that is seen from afar here.
      restsUntil = ended + 2000 + 6 * (ended - started);
    });
    await page.goto(`/?uuid=${followed}`);
    await page.locator('.live.open').waitFor();
    await page.locator('.story li').nth(1).waitFor();
    // The first message begins anew, and so may the second: then it is asked for again after a rest.
    await expect.poll(() => asked === answered && performance.now() > restsUntil).toBe(true);
    const before = asked;
    expect(before).toBeLessThanOrEqual(3);
    while (contacts < first + 5) {
      await contact();
      await page.waitForTimeout(600);
    }
    await shows(page, 'Contacts', String(contacts));
    expect(asked).toBe(before);
    await post(server.url, `/followup?uuid=${followed}`);
    await page.locator('.story').getByText('Went on with a followup').waitFor();
    expect(asked).toBe(before + 1);
  });
});

it.skipIf(BROWSER_MISSING !== null)(`says that an event is dated ahead${SKIPPED}`, async () => {
  const events = join(temporaryFolder(), 'ahead.ndjson');
  const date = `${new Date(Date.now() + 5.5 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')}.000000`;
  await writeFile(
    events,
    `${JSON.stringify({ uuid: uuid(1), symbol: 'e', is_vowel: true, url: 'initial', date })}\n`,
  );
  const ahead = await startServerProcess(await makeStore(events));
  const browser = await sharedBrowser();
  const { page } = await openPage(browser, ahead.url);
  await page.goto('/');
  await page.locator('.live', { hasText: 'newest event dated 5 h ahead' }).waitFor();
  await browser.close();
  await ahead.end('SIGTERM');
});

/** How long the browser takes to have eight questions answered, whatever the page does: how quick the machine is. */
async function secondsOfQuestions(page: Page): Promise<number> {
  const started = performance.now();
  await page.evaluate(async () => {
    for (let question = 0; question < 8; question += 1) {
      await (await fetch('/dashboard/guesses/2017-06-28/2017-07-28')).json();
    }
  });
  return (performance.now() - started) / 1000;
}
