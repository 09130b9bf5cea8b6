import { stat } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { TallyboardError } from '../contract/errors.js';
import { addEngines, ENGINES } from '../stores/index.js';
import { HELP, readArguments } from './args.js';
import { runBench } from './run.js';
import { addServers } from './servers/engines.js';
import { startWorker } from './servers/worker.js';
import { Workspace } from './servers/workspace.js';

/** What the bench speaks with. */
export interface Listeners {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly interrupted: AbortSignal;
}

/** Measures what the command line asks for, writes the report, and says where. */
export async function bench(words: readonly string[], listeners: Listeners): Promise<void> {
  const { stdout, stderr, interrupted } = listeners;
  const args = readArguments(words);
  if (args.help) {
    stdout.write(`${HELP}\n`);
    return;
  }
  if (args.engine !== undefined) {
    for (const scheme of addEngines(args.engine)) addServers(scheme, await ENGINES[scheme]!());
  }
  const data = args.data ?? tmpdir();
  const isFolder = await stat(data).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new TallyboardError('CONFIG_INVALID', `--data: '${data}' is not a folder`);
  const workspace = new Workspace(data, args.engine);
  // Children and data end with the run, also when it is interrupted.
  const end = () => {
    workspace.dispose();
    process.exit(128 + constants.signals[interrupted.reason as NodeJS.Signals]);
  };
  if (interrupted.aborted) end();
  interrupted.addEventListener('abort', end);
  const started = performance.now();
  try {
    const bench = {
      workspace,
      writer: startWorker(workspace, 'load/load.js'),
      reader: startWorker(workspace, 'load/load.js'),
      say(line: string) {
        const seconds = String(Math.round((performance.now() - started) / 1000)).padStart(4);
        stderr.write(`${seconds} s  ${line}\n`);
      },
    };
    const { markdown, folder } = await runBench(bench, args, words);
    await bench.writer.end();
    await bench.reader.end();
    stdout.write(markdown);
    bench.say(folder === undefined ? 'done' : `done: written to ${folder}`);
  } finally {
    workspace.dispose();
  }
}
