import { useEffect, useRef } from 'preact/hooks';
import type { Preset } from '../../src/reading/choice.js';
import { view } from '../data/data.js';
import { go, state } from '../state.js';
import { minute } from '../time/clock.js';
import { isLast, neighbour } from '../time/neighbour.js';

const PRESET_KEYS: Readonly<Record<string, Preset>> = {
  h: 'hour',
  t: 'today',
  d: 'today',
  y: 'yesterday',
  w: '7d',
  3: '30d',
  9: '90d',
  m: 'month',
  a: 'all',
};

const LIST: readonly (readonly [keys: string, what: string])[] = [
  ['← →', 'The period before, the next one'],
  ['h', 'Last hour'],
  ['t, d', 'Today'],
  ['y', 'Yesterday'],
  ['w', '7 days'],
  ['3, 9', '30 days, 90 days'],
  ['m', 'This month'],
  ['a', 'All'],
  ['c', 'Compare, or not; All has nothing before it'],
  ['/', 'Look up the uuid of a contact'],
  ['?', 'This list'],
];

/** Takes the keys of the page, and lists them when it is asked to. */
export function KeyList() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.key === '?') dialog.current!.showModal();
      else if (dialog.current!.open || !act(event.key)) return;
      event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return (
    <dialog class="keys" ref={dialog} aria-label="Keys">
      <h2>Keys</h2>
      <dl>
        {LIST.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit" class="button">
          Close
        </button>
      </form>
    </dialog>
  );
}

/** Does what a key says; false where it says nothing. */
function act(key: string): boolean {
  const preset = PRESET_KEYS[key];
  if (preset !== undefined) go({ range: preset });
  else if (key === 'c' && state.value.range !== 'all')
    go({ compare: state.value.compare === 'no' ? 'week' : 'no' });
  else if (key === '/') document.querySelector<HTMLElement>('[name=uuid]')?.focus();
  else if (key === 'ArrowLeft' || key === 'ArrowRight') return move(key === 'ArrowLeft' ? -1 : 1);
  else return false;
  return true;
}

function move(direction: 1 | -1): boolean {
  if (state.value.range === 'all' || (direction === 1 && isLast(view.value, minute.value))) return false;
  go({ range: neighbour(view.value, direction, minute.value) });
  return true;
}

/** Whether a key belongs to what is focused: a field, a list, or what scrolls by the arrows. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('input, select, textarea, .scroll, [open] > .menu-panel') !== null
  );
}
