import { useMemo, useState } from 'preact/hooks';
import { offsetName, zoneName } from '../../src/reading/format.js';
import { momentsOf } from '../../src/reading/ranges.js';
import { isZone } from '../../src/reading/time.js';
import { numbers } from '../data/data.js';
import { go, refusedZone, state } from '../state.js';
import { minute } from '../time/clock.js';
import { BROWSER_ZONE, listedZones } from '../time/zones.js';
import { Menu } from './menu.js';

/** The zone whose clocks are meant, and all others, which can be searched by name and by offset. */
export function ZoneMenu() {
  const { zone } = state.value;
  const unknown = refusedZone.value ?? (isZone(BROWSER_ZONE) ? undefined : BROWSER_ZONE);
  const view = numbers.value?.view;
  const name = zoneName(zone, ...(view === undefined ? [minute.value] : momentsOf(view)));
  const label =
    unknown === undefined || zone !== 'UTC' ? name : `${name}, zone unknown: ${zoneName(unknown)}`;
  return (
    <Menu
      name="zone"
      label={
        <>
          <span class="hidden">Time zone: </span>
          <span class="zone-name">{label}</span>
        </>
      }
    >
      {(close, isOpen) => isOpen && <ZoneList chosen={zone} close={close} />}
    </Menu>
  );
}

function ZoneList({ chosen, close }: { chosen: string; close: () => void }) {
  const [sought, setSought] = useState('');
  const at = minute.peek();
  const zones = useMemo(() => {
    const first = ['UTC', BROWSER_ZONE, chosen].filter(isZone);
    return [...new Set([...first, ...listedZones()])].map((zone) => ({ zone, offset: offsetName(at, zone) }));
  }, [at, chosen]);
  const words = sought
    .toLowerCase()
    .replaceAll('-', '−')
    .split(/[\s_]+/);
  const found = zones.filter(({ zone, offset }) => {
    const text = `${zoneName(zone)} ${offset}`.toLowerCase();
    return words.every((word) => text.includes(word.replaceAll('−', '-')) || text.includes(word));
  });
  const choose = (zone: string) => {
    close();
    go({ zone });
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (found[0] !== undefined) choose(found[0].zone);
      }}
    >
      <label>
        <span class="hidden">Search time zones</span>
        <input
          class="button"
          type="search"
          placeholder="Search: Tokyo, +5:30"
          autocomplete="off"
          ref={focusOnce}
          onInput={({ currentTarget }) => setSought(currentTarget.value)}
        />
      </label>
      <ul class="choices">
        {found.map(({ zone, offset }) => (
          <li key={zone}>
            <button
              type="button"
              aria-current={zone === chosen ? 'true' : undefined}
              onClick={() => choose(zone)}
            >
              <span>
                {zoneName(zone)}
                {zone === BROWSER_ZONE && <small> of this browser</small>}
              </span>
              <small>{offset}</small>
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="note">No zone is called so.</p>}
    </form>
  );
}

function focusOnce(input: HTMLInputElement | null): void {
  input?.focus();
}
