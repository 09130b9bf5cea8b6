import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LINE_BYTES_MAX, readLines } from '../../src/transfer/sources/lines.js';
import { temporaryFolder } from './support.js';

const folder = await temporaryFolder();

async function linesOf(content: string, size?: number): Promise<(string | undefined)[]> {
  const path = join(folder, 'text');
  await writeFile(path, content);
  const handle = await open(path, 'r');
  try {
    const all: (string | undefined)[] = [];
    for await (const { lines, firstLine } of readLines(handle, size ?? Buffer.byteLength(content))) {
      expect(firstLine).toBe(all.length + 1);
      all.push(...lines);
    }
    return all;
  } finally {
    await handle.close();
  }
}

describe('lines', () => {
  it.each<[string, string, string[]]>([
    ['none', '', []],
    ['one that ends', 'a\n', ['a']],
    ['one that does not end', 'a', ['a']],
    ['an empty one', 'a\n\nb\n', ['a', '', 'b']],
    ['with carriage returns', 'a\r\nb\r\n', ['a', 'b']],
    ['with a byte-order mark', '\uFEFFa\nb', ['a', 'b']],
    ['not ASCII', 'é\n🐚\n', ['é', '🐚']],
  ])('%s', async (_, content, expected) => {
    expect(await linesOf(content)).toEqual(expected);
  });

  it('are whole wherever the file is cut into pieces, and those too long are left out', async () => {
    const lengths = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 200 }) },
      fc.constantFrom(LINE_BYTES_MAX - 1, LINE_BYTES_MAX, LINE_BYTES_MAX + 1, 262_143, 262_144, 600_000),
      fc.integer({ min: 0, max: LINE_BYTES_MAX }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(lengths, { minLength: 1, maxLength: 40 }),
        fc.boolean(),
        async (all, endsWithLineEnd) => {
          const lines = all.map((length, i) => String(i).padEnd(length, 'é').slice(0, length));
          const content = lines.join('\n') + (endsWithLineEnd ? '\n' : '');
          const expected = lines.map((line) => (line.length > LINE_BYTES_MAX ? 'too long' : line));
          if (!endsWithLineEnd && expected.at(-1) === '') expected.pop();
          const got = await linesOf(content);
          expect(got.length).toBe(expected.length);
          for (const [i, line] of got.entries()) {
            // What is counted is bytes before a line is read, and characters after: in between, both do.
            const isBetween = expected[i] !== 'too long' && Buffer.byteLength(expected[i]!) > LINE_BYTES_MAX;
            if (isBetween && line === undefined) continue;
            expect(line === undefined ? 'too long' : line).toBe(expected[i]);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('that are added to the file after it was opened are not read', async () => {
    expect(await linesOf('a\nb\nc\n', 4)).toEqual(['a', 'b']);
  });
});
