import { effect, signal } from '@preact/signals';
import { keep, kept } from '../kept.js';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** The colours that the reader wants on this device; `system` leaves it to the device. */
export const theme = signal<Theme>(readTheme());
/** Counts up whenever the colours may have changed, for what does not follow the style sheet by itself. */
export const colours = signal(0);

/** Keeps the document to the theme. */
export function startTheme(): void {
  effect(() => {
    const { dataset } = document.documentElement;
    if (theme.value === 'system') delete dataset.theme;
    else dataset.theme = theme.value;
    colours.value = colours.peek() + 1;
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    colours.value += 1;
  });
}

export function setTheme(chosen: Theme): void {
  theme.value = chosen;
  keep('theme', chosen);
}

function readTheme(): Theme {
  const chosen = kept('theme');
  return THEMES.find((each) => each === chosen) ?? 'system';
}
