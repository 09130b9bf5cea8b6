import type { Panel } from '../data/commands.js';
import type { Numbers } from '../data/data.js';
import { later } from '../parts/later.js';
import { Menu } from './menu.js';

const Commands = later(async () => (await import('./commands.js')).Commands);

/** How the numbers of a panel are asked for elsewhere. */
export function CopyMenu({ panel, shown }: { panel: Panel; shown: Numbers }) {
  return (
    <Menu
      label={
        <>
          Copy as<span class="hidden"> curl or SQL: {NAMES[panel]}</span>
        </>
      }
      name="copy"
      size="small"
    >
      {(_, isOpen) => isOpen && <Commands panel={panel} shown={shown} />}
    </Menu>
  );
}

const NAMES: Readonly<Record<Panel, string>> = {
  series: 'the chart',
  symbols: 'the symbols',
  guesses: 'the guesses',
  week: 'the hours of the week',
};
