import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, type TallyboardError } from '../../contract/errors.js';
import type { Log, Promises, Store } from '../../contract/store.js';
import { createStore, shownUrl } from '../../stores/index.js';
import { isOfTallyboard } from '../ask/status.js';
import { type Command, EXIT_FAILED, EXIT_OK } from '../terminal/command.js';
import { printCount } from '../terminal/progress.js';
import { loadGuess } from './guess.js';
import { listenHelp, urlOf } from './listen.js';
import { clock, type Finding, folderOf, openFiles, PERMISSIONS } from './machine.js';
import { serve } from './serve.js';
import { openToOthers } from './tokens.js';

interface DoctorValues {
  readonly store: string;
  readonly host: string;
  readonly port: number;
  readonly guess?: string;
  readonly connectionsMax: number;
  readonly dashboardToken?: string;
  readonly ingestToken?: string;
}

export const doctorCommand: Command = {
  name: 'doctor',
  summary:
    'Look at what a server with these settings would find: the network, open files, clock, disk, permissions, and what of the engine’s settings can lose events. Takes the settings of serve, those of the environment included. Exits with 1 where there is something to do.',
  arguments: [],
  flags: serve.flags,
  examples: ['tallyboard doctor', 'tallyboard doctor --store redis://localhost:6379 --host 0.0.0.0'],
  async run(values, terminal) {
    const given = values as unknown as DoctorValues;
    const { store: url, host, port, guess, connectionsMax } = given;
    const store = await createStore(url, { log: SILENT, mustExist: true });
    const folder = store.folder === undefined ? [] : await folderOf(store.folder);
    const found = [
      network(given),
      await place(host, port),
      ...(guess === undefined ? [] : [await model(guess)]),
      await openFiles(connectionsMax),
      await clock(store.folder),
      ...folder,
      // Files that it makes would have the wrong owner.
      ...(folder.some(({ what, state }) => what === PERMISSIONS && state !== 'fine')
        ? []
        : await engine(store, shownUrl(url))),
    ];
    for (const { what, state, says } of found) {
      terminal.stdout.write(`${LABELS[state].padEnd(6)}${what.padEnd(13)}${says}\n`);
    }
    const toDo = found.filter(({ state }) => state === 'toDo').length;
    terminal.stdout.write(
      toDo === 0 ? 'Nothing is to be done.\n' : `${printCount(toDo, 'thing')} to be done.\n`,
    );
    return toDo === 0 ? EXIT_OK : EXIT_FAILED;
  },
};

const LABELS: Readonly<Record<Finding['state'], string>> = { fine: 'ok', toDo: 'TO DO', unknown: '?' };

/** What a store logs when it is opened is found in its warnings. */
const SILENT: Log = { info() {}, warn() {}, error() {} };

function network({ host, dashboardToken, ingestToken }: DoctorValues): Finding {
  const open = openToOthers(host, { dashboard: dashboardToken, ingest: ingestToken });
  if (open === undefined) {
    return { what: 'network', state: 'fine', says: `on ${host}, nothing stands open to other machines` };
  }
  return {
    what: 'network',
    state: 'toDo',
    says: `whoever reaches ${host} can use, without a token, ${open}: set the tokens, or listen on 127.0.0.1`,
  };
}

/** Whether a server could listen there. One that is there already is what it is asked for. */
async function place(host: string, port: number): Promise<Finding> {
  const what = 'port';
  const listener = createServer();
  try {
    await once(listener.listen(port, host), 'listening');
    return { what, state: 'fine', says: `${port} on ${host} is free` };
  } catch (error) {
    if (await isTallyboard(urlOf(host, port))) {
      return { what, state: 'fine', says: `a Tallyboard answers on ${host}:${port}` };
    }
    return { what, state: 'toDo', says: listenHelp(error as NodeJS.ErrnoException, host, port) };
  } finally {
    listener.close();
  }
}

async function isTallyboard(url: string): Promise<boolean> {
  try {
    const reply = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(ANSWER_MILLISECONDS_MAX) });
    return isOfTallyboard(await reply.text());
  } catch {
    return false;
  }
}

const ANSWER_MILLISECONDS_MAX = 2000;

async function model(file: string): Promise<Finding> {
  const what = 'guess';
  try {
    await loadGuess(file, Math.random);
    return { what, state: 'fine', says: `${file} answers for each symbol` };
  } catch (error) {
    return { what, state: 'toDo', says: describe(error) };
  }
}

const SURVIVES: Readonly<Record<Promises['survives'], string>> = {
  nothing: 'nothing of what it acknowledges is kept: choose another store where events matter',
  process: 'what it acknowledges survives the end of its process, and not a cut of power',
  power: 'what it acknowledges survives a cut of power',
};

async function engine(store: Store, url: string): Promise<Finding[]> {
  const what = 'store';
  try {
    await store.open();
    const warnings = store.warnings?.() ?? [];
    const trouble = store.trouble?.();
    const { survives } = store.promises;
    return [
      {
        what,
        state: survives === 'nothing' ? 'toDo' : 'fine',
        says: `${url} can be opened; ${SURVIVES[survives]}`,
      },
      ...[...warnings, ...(trouble === undefined ? [] : [describe(trouble)])].map(
        (says): Finding => ({ what, state: 'toDo', says }),
      ),
    ];
  } catch (error) {
    const { code } = error as TallyboardError;
    if (code === 'STORE_LOCKED') {
      return [{ what, state: 'fine', says: `${url}: a server has it; tallyboard status says how it stands` }];
    }
    if (code === 'STORE_MISSING') {
      const settings =
        store.folder === undefined ? '; run this again then, it looks at the engine’s settings' : '';
      return [{ what, state: 'fine', says: `${url}: there is nothing yet, serve begins it${settings}` }];
    }
    return [{ what, state: 'toDo', says: `${url} cannot be opened: ${describe(error)}` }];
  } finally {
    await store.close();
  }
}
