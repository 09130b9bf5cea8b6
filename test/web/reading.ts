import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import type { Locator, Page } from 'playwright-core';

/** Longer than a test takes. */
const TEST_MILLISECONDS = 130_000;
/** What may be spent on waiting for a new day: a hook that waits for one needs it. */
export const NEW_DAY_MILLISECONDS_MAX = 2 * TEST_MILLISECONDS;

/** Lets no day of the zones end within the test that follows: what it reads twice would be of two days. */
export async function dayThatLasts(...zones: readonly string[]): Promise<void> {
  const isLasting = (zone: string) => dayIn(zone, Date.now()) === dayIn(zone, Date.now() + TEST_MILLISECONDS);
  while (!zones.every(isLasting)) await pause(1000);
}

/** The day at a moment, by the clocks of a zone. */
export function dayIn(timeZone: string, at: number): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone }).format(at);
}

/** The day so many days ago, in UTC. */
export function isoDay(back: number): string {
  return new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);
}

/** Until the numbers of the present state are shown. */
export async function ready(page: Page): Promise<void> {
  await page.locator('main[aria-busy=false] .value').first().waitFor();
}

/** Where the chart lies, once it has found its size. */
export async function chartBox(
  page: Page,
): Promise<NonNullable<Awaited<ReturnType<Locator['boundingBox']>>>> {
  const chart = page.locator('.u-over');
  await chart.waitFor();
  await page.waitForFunction(() => (document.querySelector('.u-over')?.clientWidth ?? 0) > 200);
  return (await chart.boundingBox())!;
}

/** The number of a card. */
export async function card(page: Page, title: string): Promise<number> {
  const text = await page
    .locator('.card')
    .filter({ has: page.getByRole('heading', { name: title, exact: true }) })
    .locator('.value')
    .textContent();
  return Number(text!.replaceAll(',', ''));
}

/** Waits until a card shows a number. */
export async function shows(page: Page, title: string, value: string): Promise<void> {
  await page
    .locator('.card')
    .filter({ has: page.getByRole('heading', { name: title, exact: true }) })
    .locator('.value', { hasText: new RegExp(`^${value}$`) })
    .waitFor();
}

/** The title of the series. */
export async function heading(page: Page): Promise<string | null> {
  return page.locator('#series-title').textContent();
}

/** Chooses a time zone as a reader does: by its name. */
export async function chooseZone(page: Page, zone: string): Promise<void> {
  const menu = page.locator('.menu.zone');
  await menu.locator('summary').click();
  await menu.getByLabel('Search time zones').fill(zone);
  await page.keyboard.press('Enter');
}

/** The zone that is shown as chosen. */
export function shownZone(page: Page): Promise<string | null> {
  return page.locator('.zone-name').textContent();
}

/** Chooses what is compared with. */
export async function chooseComparison(page: Page, name: string): Promise<void> {
  await page.locator('.menu.compare summary').click();
  await page.getByRole('button', { name, exact: true }).click();
}

/** What a click gives to be kept, and under which name. */
export async function download(page: Page, link: Locator): Promise<{ name: string; text: string }> {
  const [file] = await Promise.all([page.waitForEvent('download'), link.click()]);
  return { name: file.suggestedFilename(), text: await text(await file.createReadStream()) };
}
