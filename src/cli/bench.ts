import { bench } from '../bench/main.js';
import { EXIT_OK, exitCodeOf } from './terminal/command.js';
import { endWith, explain, firstSignal, guardStreams } from './terminal/process.js';

/** `npm run bench`. */
let code = EXIT_OK;
const streams = guardStreams(process);
try {
  const { stdout, stderr } = process;
  await bench(process.argv.slice(2), { stdout, stderr, interrupted: firstSignal() });
  await streams.written();
} catch (error) {
  process.stderr.write(`bench: ${explain(error)}\n`);
  code = exitCodeOf(error);
}
endWith(code);
