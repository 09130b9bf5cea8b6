import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { BSON } from 'mongodb';
import { atEnd } from '../../at-end.js';

/** What a server answers a command with, in place of the one behind; undefined: that one is to answer. */
export type Answering = (command: string) => object | undefined;

const HEADER_BYTES = 16;
const OP_MSG = 2013;
/** Where the command of an OP_MSG begins: behind the header, the flags and the kind of its first section. */
const BODY = HEADER_BYTES + 5;

/** Before a server: answers some commands as others do that are set otherwise, and that nobody can start here. */
export async function startAnswering(target: number, answering: Answering): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect({ port: target, host: '127.0.0.1' });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    upstream.on('data', (bytes) => client.write(bytes));
    let rest = Buffer.alloc(0);
    client.on('data', (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes]);
      while (rest.length >= HEADER_BYTES && rest.length >= rest.readInt32LE(0)) {
        const message = rest.subarray(0, rest.readInt32LE(0));
        rest = rest.subarray(message.length);
        const answer = answerTo(message, answering);
        if (answer === undefined) upstream.write(message);
        else client.write(answer);
      }
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  atEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

function answerTo(message: Buffer, answering: Answering): Buffer | undefined {
  if (message.readInt32LE(12) !== OP_MSG) return undefined;
  const [command] = Object.keys(BSON.deserialize(message.subarray(BODY, BODY + message.readInt32LE(BODY))));
  const answer = answering(command!);
  if (answer === undefined) return undefined;
  const body = BSON.serialize(answer);
  const head = Buffer.alloc(BODY);
  head.writeInt32LE(BODY + body.length, 0);
  head.writeInt32LE(message.readInt32LE(4), 8);
  head.writeInt32LE(OP_MSG, 12);
  return Buffer.concat([head, body]);
}
