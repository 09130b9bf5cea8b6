import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { MAIN } from '../../src/faults/server-process.js';
import { atEnd } from '../at-end.js';
import { cleanEnvironment } from '../faults/server-process.js';
import { temporaryFolder } from '../transfer/support.js';

const PYTHON = spawnSync('python3', ['--version']).status === 0;

/** Holds a socket as systemd does, and starts the program again after it ends for as long as its input is open. */
const HOLDER = `
import os, signal, socket, sys
held = socket.create_server(('127.0.0.1', 0), backlog=512)
if held.fileno() != 3: os.dup2(held.fileno(), 3)
os.set_inheritable(3, True)
def start():
    pid = os.fork()
    if pid == 0:
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1')
        os.execvp(sys.argv[1], sys.argv[1:])
    return pid
print(held.getsockname()[1], flush=True)
pid = start()
for line in sys.stdin:
    os.kill(pid, signal.SIGTERM)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
    if line == 'again\\n': pid = start()
`;

it.skipIf(!PYTHON)(
  'is started again under load without a refused request, where its socket is held for it (skipped without python3)',
  async () => {
    const store = `journal:${join(await temporaryFolder(), 'data')}`;
    const env = cleanEnvironment();
    const serve = [process.execPath, MAIN, 'serve', '--store', store, '--log-level', 'warn'];
    const holder = spawn('python3', ['-c', HOLDER, ...serve], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    atEnd(() => void holder.kill('SIGKILL'));
    const lines = createInterface({ input: holder.stdout })[Symbol.asyncIterator]();
    const line = async () => (await lines.next()).value as string;
    const url = `http://127.0.0.1:${await line()}`;
    const words = ['simulate', '--url', url, '--requests', '800', '--rate', '100', '--check'];
    const simulator = spawn(process.execPath, [MAIN, ...words], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    simulator.stdout.on('data', (text: Buffer) => {
      said += text;
    });
    const ended = once(simulator, 'close');
    for (let restarts = 0; restarts < 2; restarts += 1) {
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
      // So that the load is on it.
      await pause(500);
      holder.stdin.write('again\n');
      expect(await line()).toBe('0');
    }
    expect(await ended).toEqual([0, null]);
    expect(said).toContain('the dashboard gained exactly what was sent');
    expect(said).toMatch(/^initials .* 0 refused\)/m);
    holder.stdin.end('end\n');
    expect(await line()).toBe('0');
  },
);
