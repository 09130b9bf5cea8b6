import { useEffect, useRef } from 'preact/hooks';
import { PRESETS, type Preset } from '../../src/reading/choice.js';
import { span, zoneName } from '../../src/reading/format.js';
import { ALWAYS, momentsOf, wallOfBound } from '../../src/reading/ranges.js';
import { numbers, view } from '../data/data.js';
import { CompareMenu } from '../menus/compare-menu.js';
import { Menu } from '../menus/menu.js';
import { ZoneMenu } from '../menus/zone-menu.js';
import { go, state } from '../state.js';
import { minute } from '../time/clock.js';
import { isLast, neighbour } from '../time/neighbour.js';
import { Link } from './link.js';

const PRESET_NAMES: Readonly<Record<Preset, string>> = {
  hour: 'Last hour',
  today: 'Today',
  yesterday: 'Yesterday',
  '7d': '7 days',
  '30d': '30 days',
  '90d': '90 days',
  month: 'This month',
  all: 'All',
};

/** What decides the range: presets, bounds of one's own, the zone, the comparison; and what is narrowed. */
export function Bar() {
  const { symbol } = state.value;
  return (
    <nav class="bar" aria-label="What is shown">
      <Presets />
      <Neighbours />
      <CustomRange />
      <div class="bar-rest">
        <CompareMenu />
        <ZoneMenu />
      </div>
      <ShownRange />
      {symbol !== undefined && (
        <p class="narrowed">
          Only the symbol <b class="symbol">{symbol}</b>
          <Link class="button small" to={{ symbol: undefined }}>
            Show all symbols
          </Link>
        </p>
      )}
    </nav>
  );
}

/** The ways to the period before and to the next one. */
function Neighbours() {
  if (state.value.range === 'all') return null;
  const present = view.value;
  return (
    <p class="neighbours">
      <Link
        class="button"
        to={{ range: neighbour(present, -1, minute.value) }}
        aria-label="The period before"
        title="The period before (←)"
      >
        ‹
      </Link>
      {isLast(present, minute.value) ? (
        <span class="button" aria-disabled="true" aria-hidden="true">
          ›
        </span>
      ) : (
        <Link
          class="button"
          to={{ range: neighbour(present, 1, minute.value) }}
          aria-label="The next period"
          title="The next period (→)"
        >
          ›
        </Link>
      )}
    </p>
  );
}

function Presets() {
  const { range } = state.value;
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    const chosen = list.current!.querySelector<HTMLElement>('[aria-current]');
    if (chosen === null) return;
    // Where not all have room; of the page itself nothing moves.
    list.current!.scrollLeft = chosen.offsetLeft + (chosen.offsetWidth - list.current!.clientWidth) / 2;
  }, [range]);
  return (
    <ul class="presets" ref={list}>
      {PRESETS.map((preset) => (
        <li key={preset}>
          <Link to={{ range: preset }} aria-current={range === preset ? 'true' : undefined}>
            {PRESET_NAMES[preset]}
          </Link>
        </li>
      ))}
    </ul>
  );
}

function ShownRange() {
  const shown = numbers.value;
  if (shown === undefined) return <p class="shown">&nbsp;</p>;
  const { view, before } = shown;
  return (
    <p class="shown">
      <b aria-live="polite">{span(view)}</b>
      <span class="of-paper"> in {zoneName(view.zone, ...momentsOf(view))}</span>
      {before && (
        <span>
          {' '}
          against {span({ ...view.before!, zone: view.zone })}
          {before.isPart && ', same time span'}
        </span>
      )}
      {state.value.range === 'all' && <span> with nothing before it to compare with</span>}
    </p>
  );
}

function CustomRange() {
  const { range, zone } = state.value;
  const isCustom = typeof range === 'object';
  const { lower, upper } = numbers.value?.view ?? view.value;
  const [from, to] = [wallOfBound(lower, zone), wallOfBound(upper, zone)];
  return (
    <Menu label="Custom range" name="custom" current={isCustom}>
      {(close, isOpen) => <CustomForm bounds={[from, to]} isOpen={isOpen} close={close} />}
    </Menu>
  );
}

function CustomForm({
  bounds,
  isOpen,
  close,
}: {
  bounds: readonly [from: string, to: string];
  isOpen: boolean;
  close: () => void;
}) {
  const { zone } = state.value;
  const held = useRef(bounds);
  // Ranges follow the clock; a form that is being filled in does not.
  if (!isOpen) held.current = bounds;
  const [from, to] = held.current;
  return (
    <form
      key={`${from} ${to}`}
      onSubmit={(event) => {
        event.preventDefault();
        const fields = new FormData(event.currentTarget);
        const [lower, upper] = [String(fields.get('from')), String(fields.get('to'))];
        const end = event.currentTarget.elements.namedItem('to') as HTMLInputElement;
        end.setCustomValidity(lower < upper ? '' : 'The end is to be later than the beginning.');
        if (!event.currentTarget.reportValidity()) return;
        go({ range: { from: lower, to: upper } });
        close();
      }}
    >
      <BoundField label="From" name="from" value={from} />
      <BoundField label="Until" name="to" value={to} />
      <p class="note">By the clocks of {zoneName(zone)}; up to, not including, the end.</p>
      <button type="submit" class="button primary">
        Show
      </button>
    </form>
  );
}

function BoundField({ label, name, value }: { label: string; name: string; value: string }) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        class="button"
        type="datetime-local"
        name={name}
        min={`${ALWAYS.lower}T00:00`}
        max={`${ALWAYS.upper}T00:00`}
        defaultValue={value}
        onInput={({ currentTarget }) => {
          for (const input of currentTarget.form!.querySelectorAll('input')) input.setCustomValidity('');
        }}
        required
      />
    </label>
  );
}
