import { COMPARISONS, type Comparison } from '../../src/reading/choice.js';
import { ALWAYS, wallOfBound } from '../../src/reading/ranges.js';
import { numbers } from '../data/data.js';
import { go, state } from '../state.js';
import { Menu } from './menu.js';

const NAMES: Readonly<Record<(typeof COMPARISONS)[number], string>> = {
  week: 'The period before, same weekday',
  before: 'The period right before',
  year: 'The same of last year',
  no: 'Nothing',
};

const LABELS: Readonly<Record<(typeof COMPARISONS)[number], string>> = {
  week: 'Same weekday before',
  before: 'Period before',
  year: 'Last year',
  no: 'Nothing',
};

/** What the range is compared with. */
export function CompareMenu() {
  const { compare, range } = state.value;
  const named = COMPARISONS.find((each) => each === compare);
  // All that there is has nothing before it.
  const label = range === 'all' ? 'Nothing' : named === undefined ? 'A chosen period' : LABELS[named];
  return (
    <Menu
      name="compare"
      label={
        <>
          <span class="aside">Compare with: </span>
          {label}
        </>
      }
    >
      {(close, isOpen) =>
        isOpen && (
          <>
            <ul class="choices">
              {COMPARISONS.map((each) => (
                <li key={each}>
                  <button
                    type="button"
                    aria-current={each === compare ? 'true' : undefined}
                    onClick={() => choose(each, close)}
                  >
                    {NAMES[each]}
                  </button>
                </li>
              ))}
            </ul>
            <ChosenForm close={close} />
          </>
        )
      }
    </Menu>
  );
}

function ChosenForm({ close }: { close: () => void }) {
  const view = numbers.value?.view;
  const { compare, zone } = state.value;
  const isChosen = !COMPARISONS.some((each) => each === compare);
  const start = isChosen ? compare : view?.before && wallOfBound(view.before.lower, zone);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        choose(String(new FormData(event.currentTarget).get('start')), close);
      }}
    >
      <label class="field">
        <span>A period of the same length, from</span>
        <input
          class="button"
          type="datetime-local"
          name="start"
          min={`${ALWAYS.lower}T00:00`}
          max={`${ALWAYS.upper}T00:00`}
          defaultValue={start}
          required
        />
      </label>
      <button type="submit" class="button primary">
        Compare
      </button>
    </form>
  );
}

function choose(compare: Comparison, close: () => void): void {
  close();
  go({ compare });
}
