import { signal } from '@preact/signals';

const wide = globalThis.matchMedia?.('(min-width: 2500px)');

/** Whether there is room for tables side by side: a wall screen. */
export const isWide = signal(wide?.matches === true);

wide?.addEventListener('change', ({ matches }) => {
  isWide.value = matches;
});
