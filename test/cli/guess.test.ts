import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadGuess } from '../../src/cli/serve/guess.js';
import { startServer } from '../../src/cli/serve/serve.js';
import { seededRandom } from '../../src/cli/terminal/random.js';
import { ClientError, createClient } from '../../src/client/index.js';
import { SYMBOLS } from '../../src/domain/contact.js';
import { VOWELS } from '../../src/domain/guess.js';
import { temporaryFolder } from '../transfer/support.js';
import { textFile } from '../transfer/support-files.js';
import { freshJournal, log } from './running.js';

const folder = await temporaryFolder();
const example = (name: string) => fileURLToPath(new URL(`../../examples/guess/${name}`, import.meta.url));
const model = (name: string, text: string) => textFile(folder, `${name}.mjs`, [text]);

describe('a guess of one’s own', () => {
  it('answers as the examples say, with the random source that it is given', async () => {
    const letters = await loadGuess(example('letters.js'), Math.random);
    expect(SYMBOLS.filter(letters)).toEqual([...VOWELS]);
    const answers = async (seed: number) => {
      const hesitant = await loadGuess(example('hesitant.js'), seededRandom(seed));
      return Array.from({ length: 2000 }, () => hesitant('e'));
    };
    expect(await answers(1)).toEqual(await answers(1));
    // 0.7 of 2000, and four standard deviations.
    expect(Math.abs((await answers(1)).filter(Boolean).length - 1400)).toBeLessThan(83);
  });

  it.each([
    ['missing', undefined, /there is no file '.*missing\.mjs'/],
    ['broken', 'export function guess( {', /cannot be loaded: .*mend it/],
    ['imports', "import 'not-there';", /cannot be loaded: Cannot find package 'not-there'/],
    ['nothing', 'export default () => true;', /exports no function guess/],
    ['text', "export const guess = () => 'yes';", /guess\('a'\) of .* answered 'yes': .* true or false/],
    ['nil', "export const guess = (symbol) => symbol < 'z' || undefined;", /guess\('z'\) of .* undefined/],
    ['promise', 'export const guess = async () => true;', /answered a promise/],
    ['rejected', "export const guess = async () => { throw new Error('x'); };", /answered a promise/],
    ['large', 'export const guess = () => 10n;', /answered 10n/],
    ['circle', 'const own = {};\nown.own = own;\nexport const guess = () => own;', /answered <ref/],
    ['throws', "export const guess = () => { throw new Error('no weights'); };", /failed: no weights/],
  ])('is refused at the start where it is wrong: %s', async (name, text, words) => {
    const file = text === undefined ? join(folder, `${name}.mjs`) : await model(name, text);
    await expect(loadGuess(file, Math.random)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(words),
    });
  });

  it('is what a server answers; where it fails, nothing is stored and the client may come again', async () => {
    const guess = await model(
      'later',
      "let calls = 0;\nexport const guess = (symbol) => (calls++ === 26 ? 'tired' : symbol === 'b');",
    );
    const config = { store: freshJournal(folder), host: '127.0.0.1', port: 0, guess };
    const server = await startServer(config, { log, interrupted: new AbortController().signal });
    try {
      const error = await createClient(server.url, { attemptsMax: 1 })
        .initial('b')
        .catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(ClientError);
      expect(error).toMatchObject({ code: 'GUESS_FAILED', status: 503, transient: true });
      const client = createClient(server.url);
      expect(await client.symbol('b')).toMatchObject({ count: 0 });
      expect(await client.initial('b')).toMatchObject({ isVowel: true });
      expect(await client.initial('e')).toMatchObject({ isVowel: false });
    } finally {
      await server.stop();
    }
  });
});

it('the examples are named in their README', async () => {
  const text = await readFile(example('README.md'), 'utf8');
  for (const name of ['letters.js', 'hesitant.js', 'compare.sh']) expect(text).toContain(name);
});
