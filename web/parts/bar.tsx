import { now } from '../clock.js';
import { numbers } from '../data.js';
import { span, zoneName } from '../format.js';
import { ALWAYS, viewOf, wallOfBound } from '../ranges.js';
import { go, PRESETS, type Preset, state } from '../state.js';
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

const BROWSER_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'UTC';

/** What decides the range: presets, bounds of one's own, the zone, the comparison; and what is narrowed. */
export function Bar() {
  const { range, compare, symbol } = state.value;
  return (
    <nav class="bar" aria-label="What is shown">
      <ul class="presets">
        {PRESETS.map((preset) => (
          <li key={preset}>
            <Link to={{ range: preset }} aria-current={range === preset ? 'true' : undefined}>
              {PRESET_NAMES[preset]}
            </Link>
          </li>
        ))}
      </ul>
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
          Compare with the period before
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

function ShownRange() {
  const shown = numbers.value;
  if (shown === undefined) return <p class="shown">&nbsp;</p>;
  const { view, before } = shown;
  return (
    <p class="shown">
      <b aria-live="polite">{span(view)}</b>
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
  const zones = [...new Set(['UTC', BROWSER_ZONE, zone])];
  return (
    <label class="field">
      <span>Time zone</span>
      <select class="button" value={zone} onChange={({ currentTarget }) => go({ zone: currentTarget.value })}>
        {zones.map((each) => (
          <option key={each} value={each} selected={each === zone}>
            {zoneName(each, now.value)}
            {each === BROWSER_ZONE && each !== 'UTC' ? ', of this browser' : ''}
          </option>
        ))}
      </select>
    </label>
  );
}

function CustomRange() {
  const { range, zone } = state.value;
  const isCustom = typeof range === 'object';
  const view = numbers.value?.view ?? viewOf(range, zone, now.peek());
  const [from, to] = [wallOfBound(view.lower, zone), wallOfBound(view.upper, zone)];
  return (
    <Menu label="Custom range" name="custom" current={isCustom}>
      {(close) => (
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
          <BoundField label="Until before" name="to" value={to} />
          <p class="note">To the minute, by the clocks of {zoneName(zone, now.value)}.</p>
          <button type="submit" class="button primary">
            Show
          </button>
        </form>
      )}
    </Menu>
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
