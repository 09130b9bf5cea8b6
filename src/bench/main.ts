import { stat } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { describe, TallyboardError } from '../contract/errors.js';
import { HELP, readArguments } from './args.js';
import { runBench } from './run.js';
import { startWorker } from './worker.js';
import { Workspace } from './workspace.js';

/** `npm run bench`: measures, writes the report, and says where. */
async function main(words: readonly string[]): Promise<number> {
  const args = readArguments(words);
  if (args.help) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  const data = args.data ?? tmpdir();
  const isFolder = await stat(data).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new TallyboardError('CONFIG_INVALID', `--data: '${data}' is not a folder`);
  const workspace = new Workspace(data);
  endOnSignal(workspace);
  const started = performance.now();
  try {
    const bench = {
      workspace,
      writer: startWorker(workspace, 'load.js'),
      reader: startWorker(workspace, 'load.js'),
      say(line: string) {
        const seconds = String(Math.round((performance.now() - started) / 1000)).padStart(4);
        process.stderr.write(`${seconds} s  ${line}\n`);
      },
    };
    const { markdown, folder } = await runBench(bench, args, words);
    await bench.writer.end();
    await bench.reader.end();
    process.stdout.write(markdown);
    bench.say(folder === undefined ? 'done' : `done: written to ${folder}`);
    return 0;
  } finally {
    workspace.dispose();
  }
}

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Children and data end with the run, also when it is interrupted. */
function endOnSignal(workspace: Workspace): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      workspace.dispose();
      process.exit(128 + constants.signals[signal]);
    });
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsage =
    error instanceof TallyboardError && ['CONFIG_INVALID', 'STORE_URL_INVALID'].includes(error.code);
  process.stderr.write(`bench: ${describe(error)}\n`);
  process.exitCode = isUsage ? EXIT_USAGE : EXIT_FAILED;
}
