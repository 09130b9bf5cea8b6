import { distance, instant } from '../../src/reading/format.js';
import { millisecondsOf } from '../../src/reading/time.js';
import { numbers } from '../data/data.js';
import { line, newestAt } from '../live/live.js';
import { setTheme, THEMES, theme } from '../looks/theme.js';
import { ExportMenu } from '../menus/export-menu.js';
import { hrefOf, START, state } from '../state.js';
import { now } from '../time/clock.js';

const THEME_NAMES = { system: 'Auto', light: 'Light', dark: 'Dark' };

/** The name, the live dot, the colours and the export. */
export function Head() {
  return (
    <header class="top">
      <h1>
        <a href={hrefOf({ ...START, zone: state.value.zone, share: state.value.share })} class="brand">
          <i class="logo" aria-hidden="true" />
          Tallyboard
        </a>
      </h1>
      <LiveDot />
      <div class="tools">
        <label class="theme">
          <span class="hidden">Colours</span>
          <select
            class="button"
            value={theme.value}
            onChange={({ currentTarget }) => {
              setTheme(THEMES.find((each) => each === currentTarget.value)!);
            }}
          >
            {THEMES.map((each) => (
              <option key={each} value={each} selected={each === theme.value}>
                {THEME_NAMES[each]}
              </option>
            ))}
          </select>
        </label>
        <ExportMenu />
        {numbers.value?.summary.signedIn === true && (
          <form method="post" action="/sign-out">
            <button type="submit" class="button">
              Sign out
            </button>
          </form>
        )}
      </div>
    </header>
  );
}

function LiveDot() {
  // Before the first message there are the numbers, which know it as well.
  const newest = newestAt.value ?? numbers.value?.summary.newestAt ?? null;
  const isOpen = line.value === 'open';
  const { share } = state.value;
  const word = { waiting: 'Connecting', open: 'Live', lost: 'Connection lost', refused: 'Not live' }[
    line.value
  ];
  // Asked for every few seconds, as its reader may hear of no event.
  return (
    <p class={`live ${line.value}`}>
      <i class="dot" aria-hidden="true" />
      <b>{share === undefined ? word : 'Read only'}</b>
      {newest !== null && (
        <span class="age" title={instant(newest, state.value.zone)}>
          {isOpen ? 'newest event ' : 'newest known event '}
          {distance(now.value - millisecondsOf(newest))}
        </span>
      )}
      {newest === null && isOpen && <span class="age">no event yet</span>}
    </p>
  );
}
