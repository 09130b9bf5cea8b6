import { eventsPath } from '../api.js';
import { numbers } from '../data.js';
import { rowsText, saveText } from '../export.js';
import { span, zoneName } from '../format.js';
import { state } from '../state.js';
import { millisecondsOf } from '../time.js';
import { Menu } from './menu.js';
import { sorted } from './symbols.js';

const TYPES = { csv: 'text/csv', ndjson: 'application/x-ndjson' } as const;
const FORMATS = ['csv', 'ndjson'] as const;

/** What is seen, to be taken along. */
export function ExportMenu() {
  const shown = numbers.value;
  if (shown === undefined) return null;
  const { view, rows, summary } = shown;
  const { symbol } = state.value;
  return (
    <Menu label="Export" name="export">
      {(close) => (
        <>
          <p class="menu-range">
            {span(view)}, {zoneName(view.zone, millisecondsOf(summary.now))}
          </p>
          <h2>The table of symbols{symbol === undefined ? '' : `, ${symbol} alone`}</h2>
          <p class="menu-row">
            {FORMATS.map((format) => (
              <button
                key={format}
                type="button"
                class="button"
                onClick={() => {
                  const kept = sorted(rows, state.value).filter(
                    (row) => symbol === undefined || row.symbol === symbol,
                  );
                  saveText(rowsText(kept, format), `tallyboard-symbols.${format}`, TYPES[format]);
                  close();
                }}
              >
                {format.toUpperCase()}
              </button>
            ))}
          </p>
          <h2>All raw events of the range</h2>
          <p class="menu-row">
            {FORMATS.map((format) => (
              <a
                key={format}
                class="button"
                download={`tallyboard-events.${format}`}
                href={eventsPath({ ...view, symbol }, format)}
                onClick={close}
              >
                {format.toUpperCase()}
              </a>
            ))}
          </p>
        </>
      )}
    </Menu>
  );
}
