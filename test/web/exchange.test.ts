import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ContactEvent } from '../../src/domain/contact.js';
import { BROWSER_MISSING, SKIPPED } from './browser.js';
import { madeUpEvents } from './made-up.js';
import { madeUpPage, madeUpServer } from './one-window.js';
import { dayThatLasts, download, isoDay, NEW_DAY_MILLISECONDS_MAX, ready } from './reading.js';

describe.skipIf(BROWSER_MISSING !== null)(`what the page gives and takes${SKIPPED}`, () => {
  const { go, visit } = madeUpPage();
  let events: ContactEvent[];
  beforeAll(async () => {
    events = madeUpEvents((await madeUpServer()).content);
  });
  beforeEach(() => dayThatLasts('UTC'), NEW_DAY_MILLISECONDS_MAX);

  it('gives away what is seen', async () => {
    const page = await go('?range=yesterday&sort=count.down');
    const ofYesterday = events.filter(({ at }) => {
      const day = new Date(at / 1000).toISOString().slice(0, 10);
      return day === isoDay(1);
    });
    for (const [format, size] of [
      ['CSV', 27],
      ['NDJSON', 26],
    ] as const) {
      await page.getByText('Export').click();
      const table = await download(page, page.getByRole('button', { name: format, exact: true }));
      expect(table.text.trimEnd().split('\n')).toHaveLength(size);
      const days = `${isoDay(1)}-to-${isoDay(0)}`;
      expect(table.name).toBe(`tallyboard-symbols-${days}-UTC.${format.toLowerCase()}`);
      await page.getByText('Export').click();
      const raw = await download(page, page.getByRole('link', { name: format, exact: true }));
      expect(raw.text.trimEnd().split('\n')).toHaveLength(ofYesterday.length + size - 26);
      expect(raw.name).toBe(
        `tallyboard-events-from-${isoDay(1)}T0000Z-to-${isoDay(0)}T0000Z.${format.toLowerCase()}`,
      );
    }
  });

  it('tells the story of a contact', async () => {
    const followed = events.findLast(({ kind }) => kind === 'followup')!;
    const page = await go('');
    await page.getByLabel('Uuid of a contact').fill(followed.uuid.toUpperCase());
    await page.getByRole('button', { name: 'Find' }).click();
    const story = page.locator('.story');
    await story.getByText('Went on with a followup').waitFor();
    expect(await story.textContent()).toMatch(/Asked about [a-z], was answered (True|False)/);
    await page.getByLabel('Uuid of a contact').fill('00000000-0000-4000-8000-000000000000');
    await page.getByRole('button', { name: 'Find' }).click();
    await story.getByText('No event has').or(story.getByText('no event has')).waitFor();
    for (const nonsense of ['nonsense', '..']) {
      await page.getByLabel('Uuid of a contact').fill(nonsense);
      await page.getByRole('button', { name: 'Find' }).click();
      await story.getByText('is not a UUID').waitFor();
      await story.getByRole('link', { name: 'Close' }).click();
    }
    expect(await story.count()).toBe(0);
  });

  it('shows the story that a link leads to, wherever it stands', async () => {
    const { uuid } = events[0]!;
    const page = await go('');
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto(`/?uuid=${uuid}`);
    const moment = page.locator('.story .moment').first();
    await moment.waitFor();
    await expect
      .poll(() => moment.evaluate((each) => Math.round(each.getBoundingClientRect().bottom)))
      .toBeLessThanOrEqual(740);
  });

  it('says what was wrong with a range that cannot be answered', async () => {
    const page = await visit('?from=2020-01-02&to=2020-01-01&tz=Asia/Kathmandu');
    await page.locator('.failure').waitFor();
    expect(await page.locator('.failure').textContent()).toMatch(
      /^The range ends before it begins'2020-01-02T00:00' is after/,
    );
    await page.getByRole('link', { name: 'Show the last 7 days in UTC' }).click();
    await ready(page);
    expect(new URL(page.url()).search).toBe('');
  });

  it('says what of a link it cannot read, until something else is chosen', async () => {
    const page = await go('?range=decade&tz=PST&symbol=e');
    const notice = page.locator('.notice');
    expect(await notice.textContent()).toContain('range=decade, tz=PST');
    expect(await page.locator('.narrowed').count()).toBe(1);
    await page.getByRole('link', { name: 'Yesterday' }).click();
    await ready(page);
    expect(await notice.count()).toBe(0);
  });
});
