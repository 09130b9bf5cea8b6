import type { SeriesCut } from '../../src/domain/series.js';
import type {
  AboutAnswer,
  OverviewAnswer,
  SeriesAnswer,
  StoryAnswer,
} from '../../src/http/routes/dashboard-schemas.js';
import { type Comparisons, overviewPath, type Question, rangePath } from '../../src/reading/question.js';
import { state } from '../state.js';

/** How long an answer is waited for. */
const ANSWER_MILLISECONDS_MAX = 15_000;
/** The same, where the server may have to read all events. */
const STORY_MILLISECONDS_MAX = 60_000;

/** What the server said no with, or that it could not be reached. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** 0 where the server could not be reached. */
  readonly status: number;
  readonly title: string;
  /** The server's stable name for why; undefined where it could not be reached. */
  readonly code: string | undefined;

  constructor(
    status: number,
    title: string,
    detail: string,
    { code, ...options }: ErrorOptions & { code?: string | undefined } = {},
  ) {
    super(detail, options);
    this.status = status;
    this.title = title;
    this.code = code;
  }

  /** Whether the same question may be answered later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** All that is shown of a range; without `comparisons` what it is compared with is left out. */
export function askOverview(
  question: Question & { every: SeriesCut },
  comparisons: Comparisons | undefined,
  signal: AbortSignal,
): Promise<OverviewAnswer> {
  return ask(overviewPath(question, comparisons), signal);
}

export function askSeries(
  question: Question & { every: SeriesCut },
  signal?: AbortSignal,
): Promise<SeriesAnswer> {
  return ask(rangePath('/dashboard/series', question, { every: question.every }), signal);
}

export function askAbout(signal: AbortSignal): Promise<AboutAnswer> {
  return ask('/dashboard/about', signal);
}

export function askStory(uuid: string, signal?: AbortSignal): Promise<StoryAnswer> {
  // A browser takes dots for a way up, also where they are encoded.
  const name = encodeURIComponent(uuid).replaceAll('.', '%252E');
  return ask(`/events/${name}`, signal, { millisecondsMax: STORY_MILLISECONDS_MAX });
}

/** The link to the raw events of a range. */
export function eventsPath({ lower, upper, zone }: Question, format: 'csv' | 'ndjson'): string {
  return `/events?${new URLSearchParams({ from: lower, to: upper, tz: zone, format })}`;
}

interface Asking {
  readonly millisecondsMax?: number;
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: object;
}

/** Asks the server; by the shared link that the page was opened with, where it was. */
export async function ask<Answer>(
  path: string,
  signal?: AbortSignal,
  { millisecondsMax = ANSWER_MILLISECONDS_MAX, method = 'GET', body: sent }: Asking = {},
): Promise<Answer> {
  let response: Response;
  let body: unknown;
  const timeout = AbortSignal.timeout(millisecondsMax);
  try {
    response = await fetch(withShare(path), {
      method,
      headers: { accept: 'application/json', ...(sent && { 'content-type': 'application/json' }) },
      ...(sent && { body: JSON.stringify(sent) }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    body = response.status === 204 ? undefined : await response.json();
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    const [title, detail] = timeout.aborted
      ? ['The server does not answer', `It said nothing for ${millisecondsMax / 1000} seconds.`]
      : ['The server cannot be reached', 'Look whether it runs, and whether you are online.'];
    throw new Refusal(0, title!, detail!, { cause });
  }
  if (response.ok) return body as Answer;
  // The session has ended: the server answers the same address with its sign-in form.
  if (response.status === 401) location.reload();
  const { title, detail, code } = body as { title?: string; detail?: string; code?: string };
  throw new Refusal(response.status, title ?? `Answer ${response.status}`, detail ?? '', { code });
}

function withShare(path: string): string {
  const { share } = state.peek();
  if (share === undefined) return path;
  return `${path}${path.includes('?') ? '&' : '?'}share=${encodeURIComponent(share)}`;
}
