import { type AddressInfo, createServer } from 'node:net';

/**
 * Answers every read of a socket with the same bytes, and parses nothing: what the load generator reaches
 * against it is the generator's own limit, or the limit of the machine.
 */
const REPLY = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 4\r\n\r\nTrue',
);

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', () => socket.write(REPLY));
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stderr.write(`listening on http://127.0.0.1:${port}\n`);
});
