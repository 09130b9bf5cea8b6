import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { SIGN_IN_STYLE, signInPage } from '../../src/http/routes/sign-in-page.js';

const web = (path: string) => readFile(new URL(`../../web/${path}`, import.meta.url), 'utf8');

describe('the form of the sign-in looks like the page behind it', () => {
  it('has its colours, by day and by night', async () => {
    const colours = await web('styles/colours.css');
    const [byDay, byNight] = SIGN_IN_STYLE.split('@media').map((part) =>
      [...part.matchAll(/--([\w-]+): (#\w+);/g)].map(([, name, colour]) => [name!, colour!] as const),
    );
    expect(byDay!.length).toBeGreaterThan(5);
    const dark = new Map(byNight);
    for (const [name, colour] of byDay!) {
      expect(colours).toContain(`--${name}: light-dark(${colour}, ${dark.get(name)});`);
    }
  });

  it('has its fonts', async () => {
    const [fonts] = /400 14px [^;]*/.exec(await web('styles/base.css'))!;
    expect(SIGN_IN_STYLE).toContain(fonts.replaceAll(/\s+/g, ' ').replace(' / ', '/'));
  });

  it('says what was wrong as a sentence', () => {
    expect(signInPage('/', 'the token is wrong', false)).toContain(
      '<p class="wrong" role="alert">The token is wrong</p>',
    );
  });

  it('has its mark', async () => {
    const shapes = [...(await web('icon.svg')).matchAll(/<(?:rect|path) [^>]*>/g)].map(([shape]) => shape);
    expect(shapes).toHaveLength(3);
    for (const shape of shapes) expect(signInPage('/', undefined, false)).toContain(shape);
  });
});
