import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What is started once for all test files is asked for here, over HTTP, by the processes that run them; so it is
 * started when the first asks, and not at all where nobody does. `answer` says where it is.
 */
export async function openDoor(
  answer: (path: string) => Promise<string>,
): Promise<{ readonly url: string; close(): void }> {
  const door = createServer((request, response) => {
    answer(request.url!).then(
      (text) => response.end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await once(door.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(door.address() as AddressInfo).port}`,
    close: () => door.close(),
  };
}

/** What the door says of something. */
export async function askDoor(url: string, path: string): Promise<string> {
  const response = await fetch(`${url}${path}`);
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
}
