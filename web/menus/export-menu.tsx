import { numbers } from '../data/data.js';
import { later } from '../parts/later.js';
import { Menu } from './menu.js';

const Exports = later(async () => (await import('./exports.js')).Exports);

/** What is seen, to be taken along. */
export function ExportMenu() {
  const shown = numbers.value;
  if (shown === undefined) return null;
  return (
    <Menu label="Export" name="export">
      {(close, isOpen) => isOpen && <Exports shown={shown} close={close} />}
    </Menu>
  );
}
