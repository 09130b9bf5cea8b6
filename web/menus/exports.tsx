import { span, zoneName } from '../../src/reading/format.js';
import { momentsOf } from '../../src/reading/ranges.js';
import { eventsPath } from '../data/api.js';
import type { Numbers } from '../data/data.js';
import { fileName, rowsText, save, seriesText } from '../data/export.js';
import { pngOf, svgOf } from '../looks/picture.js';
import { sorted } from '../panels/symbols.js';
import { state } from '../state.js';

const FORMATS = ['csv', 'ndjson'] as const;
const PICTURES = ['svg', 'png'] as const;

/** What the menu of exports offers. */
export function Exports({ shown, close }: { shown: Numbers; close: () => void }) {
  const { asked, view, rows } = shown;
  const { symbol, share } = state.value;
  const name = (what: string, ending: string) =>
    fileName(view, symbol === undefined ? what : `${what}-of-${symbol}`, ending);
  return (
    <>
      <p class="menu-range">
        {span(view)}, {zoneName(view.zone, ...momentsOf(view))}
      </p>
      <h2>The chart</h2>
      <p class="menu-row">
        {FORMATS.map((format) => (
          <Choice
            key={format}
            what="The chart"
            format={format}
            close={close}
            save={() => save(seriesText(shown, format), name('series', format), format)}
          />
        ))}
        {PICTURES.map((format) => (
          <Choice
            key={format}
            what="The chart"
            format={format}
            close={close}
            save={async () => {
              const picture = svgOf(shown, document.documentElement);
              save(format === 'svg' ? picture.text : await pngOf(picture), name('chart', format), format);
            }}
          />
        ))}
      </p>
      <h2>The table of symbols{symbol === undefined ? '' : `, ${symbol} alone`}</h2>
      <p class="menu-row">
        {FORMATS.map((format) => (
          <Choice
            key={format}
            what="The table"
            format={format}
            close={close}
            save={() => {
              const kept = sorted(rows, state.value).filter(
                (row) => symbol === undefined || row.symbol === symbol,
              );
              save(rowsText(kept, format), name('symbols', format), format);
            }}
          />
        ))}
      </p>
      {share === undefined && (
        <>
          <h2>Raw events of the range{symbol === undefined ? '' : ', of all symbols'}</h2>
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
        </>
      )}
      <p class="note">Times in the files are UTC.</p>
    </>
  );
}

function Choice({
  what,
  format,
  close,
  save,
}: {
  what: string;
  format: string;
  close: () => void;
  save: () => void;
}) {
  return (
    <button
      type="button"
      class="button"
      aria-label={`${what} as ${format.toUpperCase()}`}
      onClick={() => {
        save();
        close();
      }}
    >
      {format.toUpperCase()}
    </button>
  );
}
