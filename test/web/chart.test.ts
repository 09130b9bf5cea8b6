import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../faults/server-process.js';
import { BROWSER_MISSING, openPage, SKIPPED, sharedBrowser } from './browser.js';
import { makeStore, temporaryFolder } from './support.js';

describe.skipIf(BROWSER_MISSING !== null)(`the chart${SKIPPED}`, () => {
  let browser: Browser;
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServerProcess(await makeStore(await writeLonely()));
    browser = await sharedBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.end('SIGTERM');
  });

  it('shows the rate of a bucket that has no neighbours', async () => {
    const { page } = await openPage(browser, server.url, { viewport: { width: 500, height: 900 } });
    await page.goto('/?from=2017-06-01&to=2017-09-01&compare=no');
    await page.locator('.u-over').waitFor();
    await page.locator('main[aria-busy=false]').waitFor();
    const dots = () =>
      page.evaluate(() => {
        const canvas = document.querySelector('canvas')!;
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        let count = 0;
        // The colour of the line, and no other's.
        for (let at = 0; at < data.length; at += 4) {
          if (data[at] === 0xc2 && data[at + 1] === 0x41 && data[at + 2] === 0x0c) count += 1;
        }
        return count;
      });
    // Two, each of three full pixels across or more.
    await expect.poll(dots).toBeGreaterThan(2 * 8);
    await page.context().close();
  });

  it.each(['light', 'dark'] as const)(
    'sets the period before off from what it stands on, %s',
    async (colorScheme) => {
      const { page } = await openPage(browser, server.url, { colorScheme });
      await page.goto('/?from=2017-06-15&to=2017-06-30');
      await page.locator('.swatch.of-ghost').waitFor();
      const [fill, edge, surface] = await page.evaluate(() => {
        const { backgroundColor, borderTopColor } = getComputedStyle(document.querySelector('.of-ghost')!);
        return [
          backgroundColor,
          borderTopColor,
          getComputedStyle(document.querySelector('.series')!).backgroundColor,
        ];
      });
      expect(contrast(fill!, surface!)).toBeGreaterThan(1.2);
      expect(contrast(edge!, surface!)).toBeGreaterThan(colorScheme === 'dark' ? 3 : 1.8);
      await page.context().close();
    },
  );
});

/** As the guidelines for accessibility reckon it, from 1 for the same colour to 21. */
function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light! + 0.05) / (dark! + 0.05);
}

function luminance(colour: string): number {
  const [red, green, blue] = colour.match(/[\d.]+/g)!.map((part) => {
    const share = Number(part) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

/** Writes two contacts that lie weeks apart. */
async function writeLonely(): Promise<string> {
  const file = join(temporaryFolder(), 'events.ndjson');
  const events = ['2017-06-20', '2017-08-10'].map((day, index) => ({
    uuid: `00000000-0000-4000-8000-00000000000${index}`,
    symbol: 'e',
    is_vowel: true,
    url: 'initial',
    date: `${day} 12:00:00.000000`,
    replay: false,
  }));
  await writeFile(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return file;
}
