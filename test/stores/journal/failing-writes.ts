import { execFileSync } from 'node:child_process';

/** Whether this process can be forbidden to write to files. */
export const CAN_FAIL_WRITES = process.platform === 'linux';

/** Lets every write to a file fail in this process; answers with what allows them again. */
export async function failWrites(): Promise<() => Promise<void>> {
  limitFiles('0');
  return async () => limitFiles('unlimited');
}

/** The soft limit of a file's size, which a process may raise again. Node takes no notice of the signal. */
function limitFiles(bytes: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`]);
}
