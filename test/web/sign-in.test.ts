import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../faults/server-process.js';
import { BROWSER_MISSING, SKIPPED } from './browser.js';
import { findings } from './looking.js';
import { oneWindow } from './one-window.js';
import { temporaryFolder } from './support.js';

const TOKEN = 'a-token-of-the-dashboard';

describe.skipIf(BROWSER_MISSING !== null)(`the sign-in${SKIPPED}`, () => {
  let server: ServerProcess;
  beforeAll(async () => {
    const store = `journal:${join(temporaryFolder(), 'data')}`;
    server = await startServerProcess(store, [], ['--dashboard-token', TOKEN]);
  });
  const { visit } = oneWindow(() => server.url, { colorScheme: 'light', reducedMotion: 'no-preference' });
  afterAll(async () => {
    await server?.end('SIGTERM');
  });

  it('refuses a wrong token, takes the right one, and goes on to the link', async () => {
    const link = '?range=30d&tz=Europe/Berlin&symbol=e';
    const page = await visit(link);
    expect(await page.title()).toContain('Sign in');
    expect(await findings(page)).toEqual([]);
    expect(await page.context().cookies()).toEqual([]);
    await signIn(page, 'not-the-token-of-it');
    await page.getByRole('alert').waitFor();
    expect(await page.context().cookies()).toEqual([]);
    await signIn(page, TOKEN);
    await page.locator('.live.open').waitFor();
    expect(page.url()).toBe(`${server.url}/${link}`);
    expect(await page.locator('.narrowed').textContent()).toContain('Only the symbol e');
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    expect(cookie!.value).not.toContain(TOKEN);
    expect(page.url()).not.toContain(TOKEN);
    expect(JSON.stringify(server.log)).not.toContain(TOKEN);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Dashboard token').waitFor();
    expect(await page.context().cookies()).toEqual([]);
  });

  it('is asked for again when the session has ended', async () => {
    const page = await visit('');
    await signIn(page, TOKEN);
    await page.locator('.live.open').waitFor();
    // What the page asks by itself meanwhile would bring the sign-in before the click.
    let go = () => {};
    const clicked = new Promise<void>((resolve) => {
      go = resolve;
    });
    await page.route('**/dashboard/**', async (route) => {
      await clicked;
      await route.continue();
    });
    await page.context().clearCookies();
    await page.getByRole('link', { name: 'Yesterday' }).click();
    go();
    await page.getByLabel('Dashboard token').waitFor();
    await signIn(page, TOKEN);
    await page.locator('.live.open').waitFor();
    expect(new URL(page.url()).search).toBe('?range=yesterday');
  });
});

async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Dashboard token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
}
