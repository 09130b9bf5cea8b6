import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReplyReader } from '../../src/bench/load/reply-reader.js';

const reply = (status: number, body: string, name = 'content-length') =>
  `HTTP/1.1 ${status} X\r\nDate: now\r\n${name}: ${Buffer.byteLength(body)}\r\nconnection: keep-alive\r\n\r\n${body}`;

describe('the reply reader', () => {
  test('reads one reply after another', () => {
    const reader = new ReplyReader();
    expect(take(reader, reply(200, 'True'))).toBe(200);
    expect(take(reader, reply(503, '{}', 'Content-Length'))).toBe(503);
    expect(take(reader, reply(200, ''))).toBe(200);
    expect(take(reader, reply(200, 'é'))).toBe(200);
  });

  test('reads them in whatever pieces they come', () => {
    const body = fc.string({ maxLength: 200, unit: 'grapheme' });
    fc.assert(
      fc.property(
        fc.array(body, { minLength: 1 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 60 })),
        (bodies, sizes) => {
          const reader = new ReplyReader();
          for (const text of bodies) {
            const bytes = Buffer.from(reply(200, text));
            let at = 0;
            while (at < bytes.length) {
              const piece = bytes.subarray(at, at + sizes.next().value!);
              at += piece.length;
              expect(reader.take(piece, piece.length)).toBe(at === bytes.length ? 200 : 0);
            }
          }
        },
      ),
    );
  });

  test('takes only as many bytes of its buffer as came', () => {
    const text = reply(200, 'True');
    expect(new ReplyReader().take(Buffer.from(`${text}left from before`), text.length)).toBe(200);
  });

  test.each([
    ['more than was asked for', `${reply(200, 'True')}H`, 'more than it was asked for'],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 'is not the start of an HTTP/1.1 reply'],
    ['no length', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', 'no content-length'],
  ])('refuses %s', (_, text, reason) => {
    expect(() => take(new ReplyReader(), text)).toThrow(reason);
  });
});

function take(reader: ReplyReader, text: string): number {
  const bytes = Buffer.from(text);
  return reader.take(bytes, bytes.length);
}
