import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ContactEvent } from '../../src/domain/contact.js';
import { BROWSER_MISSING, SKIPPED } from './browser.js';
import { findings } from './looking.js';
import { madeUpEvents } from './made-up.js';
import { madeUpPage, madeUpServer } from './one-window.js';
import {
  card,
  chartBox,
  dayThatLasts,
  download,
  heading,
  isoDay,
  NEW_DAY_MILLISECONDS_MAX,
  ready,
} from './reading.js';

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
      const table = await download(page, page.getByRole('button', { name: `The table as ${format}` }));
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

  it('gives away the chart, as numbers and as a picture', async () => {
    const page = await go('?range=30d');
    const take = async (format: string) => {
      await page.getByText('Export').click();
      return download(page, page.getByRole('button', { name: `The chart as ${format}` }));
    };
    const series = await take('CSV');
    expect(series.name).toBe(`tallyboard-series-${isoDay(29)}-to-${isoDay(-1)}-UTC.csv`);
    const [head, ...lines] = series.text.trimEnd().split('\n');
    expect(head).toMatch(/^start,end,contacts,followups,rate,rateLow,rateHigh,before,a,b,.*,z$/);
    expect(lines).toHaveLength(30);
    const sum = lines.reduce((total, line) => total + Number(line.split(',')[2]), 0);
    expect(sum).toBe(await card(page, 'Contacts'));
    const svg = await take('SVG');
    expect(
      svg.text.match(/<rect x="[^"]*" y="[^"]*" width="[^"]*" height="[^"]*" fill/g)!.length,
    ).toBeGreaterThan(29);
    expect(svg.text).toContain('Contacts by day');
    const png = await take('PNG');
    expect(png.name).toBe(`tallyboard-chart-${isoDay(29)}-to-${isoDay(-1)}-UTC.png`);
    expect(png.text.slice(1, 4)).toBe('PNG');
  });

  it('says how its numbers are asked for, and which server it is of', async () => {
    const page = await go('?range=yesterday&symbol=e');
    await page.locator('.series .menu.copy > summary').click();
    const commands = page.locator('.series .command code');
    await commands.first().waitFor();
    const [curl, sql] = await commands.allTextContents();
    expect((await page.request.get(/'([^']+)'/.exec(curl!)![1]!)).status()).toBe(200);
    expect(sql).toContain("AND symbol = 'e'");
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByText('About this server').click();
    await page.getByText('journal, written by one server').waitFor();
    await page.getByText('a cut of power').waitFor();
    expect(await findings(page)).toEqual([]);
    for (const name of ['API', 'Contract', 'Operations']) {
      const target = await page.getByRole('link', { name, exact: true }).getAttribute('href');
      expect((await page.request.get(target!)).status()).toBe(200);
    }
  });

  it('takes notes, which stand on the chart and beneath it', async () => {
    const page = await go('?range=7d');
    await page.getByText('Add a note').click();
    await page.getByLabel('Note', { exact: true }).fill('Release <b>2</b>');
    await page.getByLabel('Of', { exact: true }).fill(`${isoDay(2)}T10:00`);
    expect(await findings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    const note = page.locator('.notes li');
    await note.getByText('Release <b>2</b>').waitFor();
    const { x, y, width, height } = await chartBox(page);
    await page.mouse.move(x + (width * 4.5) / 7, y + height / 3);
    await page.locator('.reading .note-text').getByText('Release <b>2</b>').waitFor();
    expect(await findings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Remove the note Release' }).click();
    await expect.poll(() => note.count()).toBe(0);
  });

  it('leads into a bar that is clicked, as far as there is something within', async () => {
    const page = await go('?range=7d');
    const clickAt = async (share: number) => {
      const { x, y, width, height } = await chartBox(page);
      await page.mouse.click(x + width * share, y + height / 3);
      await ready(page);
      return new URL(page.url()).search;
    };
    expect(await clickAt(4.5 / 7)).toBe(`?from=${isoDay(2)}T00:00&to=${isoDay(1)}T00:00`);
    expect(await heading(page)).toBe('Contacts by hour');
    expect(await clickAt(10.5 / 24)).toBe(`?from=${isoDay(2)}T10:00&to=${isoDay(2)}T11:00`);
    const minutes = new URL(page.url()).search;
    expect(await clickAt(0.5)).toBe(minutes);
    await page.goBack();
    await ready(page);
    expect(await heading(page)).toBe('Contacts by hour');
  });

  it('is read by a shared link, and in the frame of another page, without what tells of single contacts', async () => {
    const { request } = await go('');
    const made = await request.post('/dashboard/shares', { data: { name: 'wall', embed: 'yes' } });
    const { path } = (await made.json()) as { path: string };
    const page = await visit(path.slice(1).replace('&embed=chart', '&range=30d'));
    await ready(page);
    expect(await card(page, 'Contacts')).toBeGreaterThan(0);
    await page.getByText('Read only').waitFor();
    for (const part of ['.events', '.menu.note', '.about details'])
      expect(await page.locator(part).count()).toBe(0);
    expect(await findings(page)).toEqual([]);
    await page.getByRole('link', { name: 'Yesterday' }).click();
    expect(page.url()).toContain('share=');
    const chart = await visit(`${path.slice(1)}&range=30d`);
    await chart.locator('.embed .u-over').waitFor();
    expect(await chart.locator('.card, .bar, .top, .foot').count()).toBe(0);
    expect(await findings(chart)).toEqual([]);
    const gone = await request.delete('/dashboard/shares/wall');
    expect(gone.status()).toBe(204);
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
