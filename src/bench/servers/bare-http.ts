import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'node:querystring';
import { parseSymbol, parseUuid } from '../../domain/contact.js';
import { noisyGuess } from '../../domain/guess.js';

/**
 * `node:http` by itself, with the same parsing of the same requests and no store, no framework, no metrics:
 * what is left of the server when everything is taken away that can be.
 */
const guess = noisyGuess(Math.random);

const server = createServer((request, response) => {
  const url = request.url!;
  const queryStart = url.indexOf('?');
  const path = queryStart === -1 ? url : url.slice(0, queryStart);
  const query = queryStart === -1 ? {} : parse(url.slice(queryStart + 1));
  if (path === '/initial') {
    const uuid = typeof query.uuid === 'string' ? parseUuid(query.uuid) : undefined;
    const symbol = typeof query.symbol === 'string' ? parseSymbol(query.symbol) : undefined;
    if (uuid === undefined || symbol === undefined) reply(response, 400, 'a uuid and a symbol are wanted');
    else reply(response, 200, guess(symbol) ? 'True' : 'False');
  } else if (path === '/followup') {
    const uuid = typeof query.uuid === 'string' ? parseUuid(query.uuid) : undefined;
    if (uuid === undefined) reply(response, 400, 'a uuid is wanted');
    else reply(response, 200, 'hooray');
  } else if (path === '/readyz') reply(response, 200, 'ready');
  else reply(response, 404, 'nothing is here');
});

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stderr.write(`listening on http://127.0.0.1:${port}\n`);
});

function reply(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
