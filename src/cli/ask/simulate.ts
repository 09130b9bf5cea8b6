import { readFile, stat } from 'node:fs/promises';
import { TallyboardError } from '../../contract/errors.js';
import { circle, type LetterSource, lettersOf } from '../../simulator/letters.js';
import { checkLines, progressLine, resultTable } from '../../simulator/report.js';
import type { SimulationProgress, SimulationResult } from '../../simulator/simulate.js';
import { tokenFlags } from '../serve/tokens.js';
import { type Command, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, type Terminal } from '../terminal/command.js';
import { positiveNumber, wholeNumber } from '../terminal/config.js';
import { parseSeed, seededRandom } from '../terminal/random.js';

interface SimulateValues {
  readonly url: string;
  readonly text?: string;
  readonly concurrency: number;
  readonly batch?: number;
  readonly rate?: number;
  readonly requests?: number;
  readonly duration?: number;
  readonly seed?: number;
  readonly check: boolean;
  readonly attempts: number;
  readonly dashboardToken?: string;
  readonly ingestToken?: string;
}

const CONCURRENCY_MAX = 10_000;
const BATCH_MAX = 10_000;
const CONTACTS_MAX = 1_000_000;
const ATTEMPTS_MAX = 100;

export const simulateCommand: Command = {
  name: 'simulate',
  summary:
    'Behave as the original client does, many times at once: open contacts, judge the answers, follow up where they are right.',
  arguments: [],
  flags: [
    {
      name: 'url',
      value: 'URL',
      description:
        'the address of the server; several that share a store are separated by commas, and take turns',
      fallback: 'http://127.0.0.1:5000',
      parse: parseServerUrls,
    },
    {
      name: 'text',
      value: 'FILE',
      description:
        'send the letters of this UTF-8 text in a circle, in lower case; letters beyond a to z, such as é, go out too, as the original client sends them, and are refused; without it, letters are drawn by their frequency in English',
    },
    {
      name: 'concurrency',
      value: 'N',
      description: 'contacts, and connections, under way at the same time',
      fallback: 8,
      parse: wholeNumber(1, CONCURRENCY_MAX),
    },
    {
      name: 'batch',
      value: 'N',
      description:
        'send up to N events in one request to /batch; --concurrency requests are under way then, with N contacts each; without it, each event in a request of its own',
      parse: wholeNumber(1, BATCH_MAX),
    },
    {
      name: 'rate',
      value: 'R',
      description:
        'initials a second, evenly paced; the schedule does not move when the server is slow, and latency is measured from the scheduled time, so that a stall shows in all that fell due meanwhile; without it, as fast as the connections allow',
      parse: positiveNumber,
    },
    {
      name: 'requests',
      value: 'N',
      description:
        'end after this many initials; followups come on top of them; with --duration, whichever comes first; with neither, run until interrupted',
      parse: wholeNumber(1),
    },
    {
      name: 'duration',
      value: 'TIME',
      description: 'end after this time, such as 500ms, 30s, 5m or 2h',
      parse: parseDuration,
    },
    {
      name: 'seed',
      value: 'N',
      description:
        'fix everything that is left to chance: the letters drawn, the uuids, the judgements and the followups; the same seed sends the same contacts, so a second run against the same server sends replays',
      parse: parseSeed,
    },
    {
      name: 'check',
      description:
        'compare what was sent with what the dashboard gained, and exit 1 on any difference; other clients that write to the same server at the same time make the check fail',
      fallback: false,
    },
    {
      name: 'attempts',
      value: 'N',
      description:
        'how often a request is sent in all, with the same uuid, where its connection is lost; a refusal, 503 included, is sent again only where an earlier attempt was lost',
      fallback: 16,
      parse: wholeNumber(1, ATTEMPTS_MAX),
    },
    ...tokenFlags({
      dashboard: 'the dashboard token of the server, for --check where it asks for one',
      ingest: 'the ingest token of the server, where it asks for one',
    }),
  ],
  examples: [
    'tallyboard simulate --requests 20000 --check',
    'tallyboard simulate --url http://127.0.0.1:5000 --text book.txt --rate 500 --duration 5m',
    'tallyboard simulate --batch 1000 --requests 1000000 --check',
    'tallyboard simulate --seed 42 --concurrency 64 --duration 30s',
    'tallyboard simulate --url http://127.0.0.1:5000,http://127.0.0.1:5001 --requests 20000 --check',
  ],
  async run(values, terminal) {
    const { url, text, concurrency, batch, rate, requests, duration, seed, check, attempts, ...tokens } =
      values as unknown as SimulateValues;
    if (concurrency * (batch ?? 1) > CONTACTS_MAX) {
      throw new TallyboardError(
        'CONFIG_INVALID',
        `--concurrency ${concurrency} and --batch ${batch} are more than ${CONTACTS_MAX} contacts at the same time: make one of them smaller`,
      );
    }
    const letters = text === undefined ? undefined : await lettersOfFile(text);
    const progress = progressOn(terminal.stderr);
    // With the HTTP client that no other command is to load.
    const { simulate } = await import('../../simulator/simulate.js');
    const result = await simulate({
      url,
      tokens: { dashboard: tokens.dashboardToken, ingest: tokens.ingestToken },
      letters,
      random: seededRandom(seed),
      concurrency,
      batchMax: batch,
      rate,
      initialsMax: requests,
      durationMilliseconds: duration,
      check,
      attemptsMax: attempts,
      signal: terminal.interrupted,
      onProgress: progress.show,
      progressMilliseconds: progress.milliseconds,
    });
    progress.end();
    return conclude(url, result, terminal);
  },
};

/** Reads `500ms`, `30s`, `5m` or `2h` in milliseconds; throws where the text is none of these. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const milliseconds = match === null ? 0 : Number(match[1]) * UNIT_MILLISECONDS[match[2]!]!;
  if (milliseconds <= 0) {
    throw new Error(`'${text}' is not a duration: write a number and its unit, such as 500ms, 30s, 5m or 2h`);
  }
  return milliseconds;
}

const UNIT_MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

const TEXT_BYTES_MAX = 16 * 1024 * 1024;

function conclude(url: string, result: SimulationResult, { stdout, stderr }: Terminal): number {
  const { ended, reason, initials, check } = result;
  if (ended === 'unreachable' && initials.stored + initials.refused + initials.unknown === 0) {
    stderr.write(
      `Nothing could be sent to ${url}: ${reason}. Start a server there with 'tallyboard serve', or name another with --url.\n`,
    );
    return EXIT_FAILED;
  }
  if (ended === 'unready') {
    stderr.write(`Nothing was sent to ${url}, whose dashboard --check compares with: ${reason}.\n`);
    return EXIT_FAILED;
  }
  for (const line of [...resultTable(result), ...checkLines(result)]) stdout.write(`${line}\n`);
  if (ended === 'unreachable') {
    stderr.write(`${url} no longer answers: ${reason}. See in its log why it ended.\n`);
    return EXIT_FAILED;
  }
  if (check?.ok === false) return EXIT_FAILED;
  if (ended === 'interrupted') return EXIT_INTERRUPTED;
  if (initials.total > 0 && initials.stored === 0) {
    stderr.write(
      `Not one of ${initials.total} initials was stored. The replies above say why; if they are 404, --url names something else than a Tallyboard.\n`,
    );
    return EXIT_FAILED;
  }
  return EXIT_OK;
}

async function lettersOfFile(path: string): Promise<LetterSource> {
  let bytes: Buffer;
  try {
    const { size } = await stat(path);
    if (size > TEXT_BYTES_MAX) {
      throw new RangeError(`it has ${size} bytes, and a text may have ${TEXT_BYTES_MAX}`);
    }
    bytes = await readFile(path);
  } catch (error) {
    throw new TallyboardError('CONFIG_INVALID', `the text '${path}' of --text cannot be read`, {
      cause: error,
    });
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new TallyboardError(
      'INPUT_INVALID',
      `the text '${path}' of --text is not UTF-8: convert it, for example with iconv`,
      { cause: error },
    );
  }
  const letters = lettersOf(text);
  if (letters.length === 0) {
    throw new TallyboardError('INPUT_INVALID', `the text '${path}' of --text has no letter to send`);
  }
  return circle(letters);
}

interface ProgressDisplay {
  readonly milliseconds: number;
  show(progress: SimulationProgress): void;
  end(): void;
}

/** One line that is drawn again on a terminal, and a line now and then elsewhere. */
function progressOn(stream: Terminal['stderr'] & { readonly columns?: number }): ProgressDisplay {
  if (stream.isTTY !== true) {
    return {
      milliseconds: 5000,
      show: (progress) => stream.write(`${progressLine(progress)}\n`),
      end: () => {},
    };
  }
  return {
    milliseconds: 500,
    show: (progress) => {
      stream.write(`${ERASE_LINE}${progressLine(progress).slice(0, (stream.columns ?? 80) - 1)}`);
    },
    end: () => {
      stream.write(ERASE_LINE);
    },
  };
}

const ERASE_LINE = '\r\u001b[K';

function parseServerUrls(text: string): string {
  return text.split(',').map(parseServerUrl).join(',');
}

/** Reads the address of a server; throws where it is none. */
export function parseServerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.search + url.hash !== '') {
    throw new Error(`'${text}' is not the address of a server: write one such as http://127.0.0.1:5000`);
  }
  return text;
}
