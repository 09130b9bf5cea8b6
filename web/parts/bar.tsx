import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { numbers } from '../data/data.js';
import { span, zoneName } from '../looks/format.js';
import { go, PRESETS, type Preset, refusedZone, state } from '../state.js';
import { minute, now } from '../time/clock.js';
import { ALWAYS, momentsOf, viewOf, wallOfBound } from '../time/ranges.js';
import { isZone } from '../time/time.js';
import { Link } from './link.js';
import { Menu } from './menu.js';

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

/** How long after the first numbers the zones are listed that hardly anybody chooses. */
const ZONES_MILLISECONDS = 200;
/** `Etc/Unknown` or an offset where the system has no zone that a browser knows. */
const BROWSER_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'UTC';

/** What decides the range: presets, bounds of one's own, the zone, the comparison; and what is narrowed. */
export function Bar() {
  const { range, compare, symbol } = state.value;
  return (
    <nav class="bar" aria-label="What is shown">
      <Presets />
      <CustomRange />
      <div class="bar-rest">
        <ZoneChoice />
        <label class="check">
          <input
            type="checkbox"
            checked={compare}
            disabled={range === 'all'}
            onChange={({ currentTarget }) => go({ compare: currentTarget.checked })}
          />
          <span>
            Compare<span class="aside"> with the period before</span>
          </span>
        </label>
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
          against {span({ ...(before.isPart ? view.beforeUntilNow! : view.before!), zone: view.zone })}
          {before.isPart && ', as far as this period has come'}
        </span>
      )}
    </p>
  );
}

function ZoneChoice() {
  const { zone } = state.value;
  const zones = [...new Set(['UTC', BROWSER_ZONE, zone])].filter(isZone);
  const unknown = refusedZone.value ?? (isZone(BROWSER_ZONE) ? undefined : BROWSER_ZONE);
  const view = numbers.value?.view;
  const moments = view === undefined ? [minute.value] : momentsOf(view);
  const [isListed, setListed] = useState(false);
  const hasNumbers = view !== undefined;
  // Some four hundred: the numbers are waited for, and come first.
  useEffect(() => {
    if (!hasNumbers) return undefined;
    const timer = setTimeout(() => setListed(true), ZONES_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [hasNumbers]);
  return (
    <label class="field">
      <span>Time zone</span>
      <select class="button" value={zone} onChange={({ currentTarget }) => go({ zone: currentTarget.value })}>
        {zones.map((each) => (
          <option key={each} value={each} selected={each === zone}>
            {zoneName(each, ...moments)}
            {each === BROWSER_ZONE && each !== 'UTC' ? ', of this browser' : ''}
            {each === 'UTC' && unknown !== undefined ? `, zone unknown: ${zoneName(unknown)}` : ''}
          </option>
        ))}
        {isListed && <AllZones />}
      </select>
    </label>
  );
}

function AllZones() {
  return useMemo(
    () => (
      <optgroup label="All zones">
        {listedZones()
          .filter((zone) => zone !== 'UTC')
          .map((zone) => (
            <option key={zone} value={zone}>
              {zoneName(zone)}
            </option>
          ))}
      </optgroup>
    ),
    [],
  );
}

/** None where the browser lists none: those of links and of the browser can still be chosen. */
function listedZones(): string[] {
  return 'supportedValuesOf' in Intl ? Intl.supportedValuesOf('timeZone') : [];
}

function CustomRange() {
  const { range, zone } = state.value;
  const isCustom = typeof range === 'object';
  const view = numbers.value?.view ?? viewOf(range, zone, now.peek());
  const [from, to] = [wallOfBound(view.lower, zone), wallOfBound(view.upper, zone)];
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
      <p class="note">To the minute, by the clocks of {zoneName(zone)}. The end itself is no part of it.</p>
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
