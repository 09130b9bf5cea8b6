import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8');

/** What axe finds: rule and place. */
export async function findings(page: Page): Promise<string[]> {
  // A panel is paler until what it shows has come, after the numbers, and opacity in transition is a contrast of its
  // own. What breathes has no end.
  await page.waitForFunction(
    () =>
      document.querySelector('.panel[aria-busy=true]') === null &&
      document.getAnimations().every(({ effect }) => effect!.getComputedTiming().iterations === Infinity),
  );
  // Past the policy of the page, which lets no such script in.
  const result = await page.evaluate(`${AXE}; axe.run({ resultTypes: ["violations"] })`);
  const { violations } = result as { violations: { id: string; nodes: { html: string }[] }[] };
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

/** By how much the content of an element is wider than it. */
export function overflowOf(page: Page, selector: string): Promise<number> {
  return page.locator(selector).evaluate((element) => element.scrollWidth - element.clientWidth);
}

/** Between 0 for black and 1 for white, as the guidelines for accessibility reckon it. */
export function luminance(colour: string): number {
  const [red, green, blue] = colour.match(/[\d.]+/g)!.map((part) => {
    const share = Number(part) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

/** As they reckon it too, from 1 for the same colour to 21. */
export function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light! + 0.05) / (dark! + 0.05);
}
