import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from './support.js';
import { uuid } from './table.js';

/** As the original client sends: the fields in the query, an empty body, and whatever headers urllib adds. */
const CLIENT = `
import sys, urllib.request
for line in sys.argv[2:]:
    for data in (b'', None):
        request = urllib.request.Request(sys.argv[1] + line, data=data, method='POST')
        with urllib.request.urlopen(request) as reply:
            print(reply.status, reply.headers.get_content_type(), repr(reply.read()))
`;

const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython && process.env.REQUIRE_SHARED === '1') throw new Error('python3 is required, and is not here');

describe.skipIf(!hasPython)('a client in Python (skipped where there is no python3)', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  test('reads the replies of the original, to the byte', async () => {
    const { stdout } = await promisify(execFile)('python3', [
      '-c',
      CLIENT,
      server.url,
      `/initial?uuid=${uuid(1)}&symbol=e`,
      `/initial?symbol=t&uuid=${uuid(2)}`,
      `/followup?uuid=${uuid(1)}`,
    ]);
    expect(stdout.trim().split('\n')).toEqual([
      "200 text/plain b'True'",
      "200 text/plain b'True'",
      "200 text/plain b'False'",
      "200 text/plain b'False'",
      "200 text/plain b'hooray'",
      "200 text/plain b'hooray'",
    ]);
    expect((await server.stored()).map(({ kind, replay }) => [kind, replay])).toEqual([
      ['initial', false],
      ['initial', true],
      ['initial', false],
      ['initial', true],
      ['followup', false],
      ['followup', true],
    ]);
  });
});
