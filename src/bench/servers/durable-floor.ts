import { constants, openSync, write, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { dataInterface } from '../../contract/group-commit.js';
import type { Store } from '../../contract/store.js';
import { noisyGuess } from '../../domain/guess.js';
import { Access } from '../../http/access/access.js';
import { LiveFeed } from '../../http/live/feed.js';
import { createMetrics } from '../../http/metrics/metrics.js';
import { createServer } from '../../http/server.js';
import { LIMITS } from '../../http/sockets/limits.js';
import { createStore } from '../../stores/index.js';

/**
 * The server over the store that keeps nothing, but each batch waits for one write that is durable when it
 * returns, of as many bytes as a journal's, to a place in a file that is there already. Nothing is looked
 * up, counted or kept: what any store that waits for this disk could reach at most.
 */
const RECORD_BYTES = 32;
const FILE_BYTES = 8 << 20;
const silent = { info() {}, warn() {}, error() {} };

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('the file to write is not named');
writeFileSync(file, Buffer.alloc(FILE_BYTES), { flush: true });
// Elsewhere than on Linux the flag is not known, and the floor is that of a write that is not durable.
const fd = openSync(file, constants.O_RDWR | (constants.O_DSYNC ?? 0));
const writeFile = promisify(write);
const bytes = Buffer.alloc(FILE_BYTES, 1);
let position = 0;

const none = await createStore('null:', { log: silent });
const floor: Store = {
  ...none,
  limits: { batchEventsMax: 4096, batchesInFlightMax: 1 },
  async append(batch) {
    const length = batch.length * RECORD_BYTES;
    if (position + length > FILE_BYTES) position = 0;
    await writeFile(fd, bytes, 0, length, position);
    position += length;
    return none.append(batch);
  },
};

const metrics = createMetrics();
const data = dataInterface(floor, { onCommit: metrics.onCommit });
await data.open();
let lastId = 0;
const app = createServer({
  about: { version: 'none', scheme: 'floor' },
  data,
  guess: noisyGuess(Math.random),
  now: () => Date.now() * 1000,
  nextEventId: () => {
    lastId += 1;
    return lastId;
  },
  lifecycle: { phase: 'open' },
  feed: new LiveFeed(data.promises),
  access: new Access({}),
  // Nobody looks at the page.
  pageFolder: '',
  limits: LIMITS,
  metrics,
  log: silent,
});
await app.listen({ host: '127.0.0.1', port: 0 });
const { port } = app.server.address() as AddressInfo;
process.stderr.write(`listening on http://127.0.0.1:${port}\n`);
