import { effect } from '@preact/signals';
import { span } from '../../src/reading/format.js';
import { numbers } from '../data/data.js';

/** Names in the title of the page what it shows, so that tabs and bookmarks can be told apart. */
export function startTitle(): void {
  const { title } = document;
  effect(() => {
    if (numbers.value === undefined) return;
    const { view, symbol } = numbers.value;
    document.title = `${symbol === undefined ? '' : `${symbol}, `}${span(view)} · ${title}`;
  });
}
