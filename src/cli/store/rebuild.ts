import { describe, TallyboardError } from '../../contract/errors.js';
import { createStore, createView, shownUrl } from '../../stores/index.js';
import {
  type Command,
  ENGINE_FLAG,
  EXIT_INTERRUPTED,
  storeFlag,
  type Terminal,
} from '../terminal/command.js';
import { prove } from './verify.js';

export const rebuildCommand: Command = {
  name: 'rebuild',
  summary:
    'Make again from the raw events all that follows from them (contacts, roll-ups, filters, counts): say what was wrong before, and prove what is there then. Of a journal, PostgreSQL and MariaDB. The server of a journal must be stopped; those of the others may run, and wait. Interrupted, it is run again, or the next start of a server does it.',
  arguments: [],
  flags: [storeFlag('the store to rebuild'), ENGINE_FLAG],
  examples: ['tallyboard rebuild --store journal:./data'],
  async run(values, terminal) {
    const { store: url } = values as { store: string };
    const { log, stdout, interrupted } = terminal;
    const store = await createStore(url, { log, mustExist: true });
    if (store.rebuild === undefined) {
      throw new TallyboardError(
        'CONFIG_INVALID',
        `${shownUrl(url)} cannot be rebuilt in its place: copy its raw events to a new store, which makes all that follows from them anew (tallyboard copy --from URL --to URL), and let the servers use that`,
      );
    }
    try {
      await store.open();
      await tellWhatWasWrong(url, terminal);
      if (interrupted.aborted) return EXIT_INTERRUPTED;
      const started = performance.now();
      await store.rebuild();
      stdout.write(
        `Made again from the raw events in ${((performance.now() - started) / 1000).toFixed(1)} s.\n`,
      );
    } finally {
      await store.close();
    }
    return proveMoment(url, terminal);
  },
};

/** What cannot be compared is no reason not to make it again. */
async function tellWhatWasWrong(url: string, terminal: Terminal): Promise<void> {
  try {
    await proveMoment(url, terminal);
  } catch (error) {
    terminal.stdout.write(`What was there could not be compared: ${describe(error)}\n`);
  }
}

/** Of one moment, where the store can show one: others may write meanwhile. */
async function proveMoment(url: string, terminal: Terminal): Promise<number> {
  const context = { log: terminal.log, mustExist: true };
  const view = (await createView(url, context)) ?? (await createStore(url, context));
  try {
    await view.open();
    return await prove(view, { url }, terminal);
  } finally {
    await view.close();
  }
}
