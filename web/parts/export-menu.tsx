import { span, zoneName } from '../../src/reading/format.js';
import { momentsOf } from '../../src/reading/ranges.js';
import { eventsPath } from '../data/api.js';
import { numbers } from '../data/data.js';
import { rowsFileName, rowsText, saveText } from '../data/export.js';
import { state } from '../state.js';
import { Menu } from './menu.js';
import { sorted } from './symbols.js';

const TYPES = { csv: 'text/csv', ndjson: 'application/x-ndjson' } as const;
const FORMATS = ['csv', 'ndjson'] as const;

/** What is seen, to be taken along. */
export function ExportMenu() {
  const shown = numbers.value;
  if (shown === undefined) return null;
  const { asked, view, rows } = shown;
  const { symbol } = state.value;
  return (
    <Menu label="Export" name="export">
      {(close) => (
        <>
          <p class="menu-range">
            {span(view)}, {zoneName(view.zone, ...momentsOf(view))}
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
                  saveText(rowsText(kept, format), rowsFileName(view, symbol, format), TYPES[format]);
                  close();
                }}
              >
                {format.toUpperCase()}
              </button>
            ))}
          </p>
          <h2>All raw events of the range{symbol === undefined ? '' : ', of all symbols'}</h2>
          <p class="menu-row">
            {FORMATS.map((format) => (
              <a
                key={format}
                class="button"
                download
                href={eventsPath({ ...asked, zone: view.zone, symbol }, format)}
                onClick={close}
              >
                {format.toUpperCase()}
              </a>
            ))}
          </p>
          <p class="note">Times in the files are UTC.</p>
        </>
      )}
    </Menu>
  );
}
