import type { ContactEvent, Uuid } from '../../domain/contact.js';
import type { SplitTally } from '../../domain/tally.js';
import type { Instant } from '../../domain/time.js';
import type { Store } from '../store.js';
import type { ContactStory } from '../store-page.js';
import {
  type Difference,
  eventsDifference,
  firstOf,
  type Leniency,
  linesDifference,
  rowsDifference,
  showInstant,
} from './answers.js';
import type { PageQuestions } from './questions.js';

/** What was answered; undefined where the store lacks the method. */
export interface PageAnswers {
  readonly series: readonly Series[] | undefined;
  readonly lasts:
    | readonly { readonly eventsMax: number; readonly events: readonly ContactEvent[] }[]
    | undefined;
  readonly stories: readonly (ContactStory & { readonly uuid: Uuid })[] | undefined;
  readonly replays: number | null | undefined;
}

interface Series {
  readonly edges: readonly Instant[];
  readonly buckets: readonly (readonly SplitTally[])[];
}

/** A store, or what the contract makes of one that lacks some of these. */
export interface PageSource extends Pick<Store, 'talliesOfSeries' | 'lastEvents' | 'eventsOfContact'> {
  replays?(): Promise<number | null>;
}

export async function askPage(source: PageSource, questions: PageQuestions): Promise<PageAnswers> {
  const series: Series[] = [];
  for (const edges of questions.series) {
    const buckets: (readonly SplitTally[])[] = [];
    for await (const rows of source.talliesOfSeries?.(edges) ?? []) buckets.push(rows);
    series.push({ edges, buckets });
  }
  const lasts = questions.lasts.map(async (eventsMax) => ({
    eventsMax,
    events: (await source.lastEvents?.(eventsMax)) ?? [],
  }));
  const stories = questions.stories.map(async ({ uuid, eventsMax }) => ({
    uuid,
    ...((await source.eventsOfContact?.(uuid, eventsMax)) ?? { events: [], leftOut: 0 }),
  }));
  return {
    series: source.talliesOfSeries === undefined ? undefined : series,
    lasts: source.lastEvents === undefined ? undefined : await Promise.all(lasts),
    stories: source.eventsOfContact === undefined ? undefined : await Promise.all(stories),
    replays: await source.replays?.(),
  };
}

/** The first difference in what the store answered; `expected` has everything. */
export function pageDifference(
  expected: PageAnswers,
  got: PageAnswers,
  lenient: Leniency,
): Difference | undefined {
  return (
    firstOf(got.series ?? [], (series, i) => seriesDifference(expected.series![i]!, series)) ??
    firstOf(got.lasts ?? [], ({ eventsMax, events }, i) => {
      const right = expected.lasts![i]!.events;
      // Batches that were appended at the same time came in any order, so only all together can be compared.
      if (lenient.ties && right.length === eventsMax) return undefined;
      return linesDifference(`the last ${eventsMax} events`, right, events, lenient);
    }) ??
    firstOf(got.stories ?? [], (story, i) =>
      storyDifference(`the events of ${story.uuid}`, expected.stories![i]!, story, lenient),
    ) ??
    replaysDifference(expected.replays, got.replays)
  );
}

function storyDifference(
  what: string,
  expected: ContactStory,
  got: ContactStory,
  lenient: Leniency,
): Difference | undefined {
  const { events, leftOut } = expected;
  const found = eventsDifference(what, events, got.events, lenient);
  if (found !== undefined || got.leftOut === leftOut) return found;
  return {
    what: `${what}, ${events.length} of them: leftOut`,
    expected: `${leftOut}`,
    got: `${got.leftOut}`,
  };
}

function seriesDifference(expected: Series, got: Series): Difference | undefined {
  const what = () =>
    `the series of ${expected.edges.length} edges from ${showInstant(expected.edges[0] ?? 0)}`;
  if (got.buckets.length !== expected.buckets.length) {
    return {
      what: `${what()}: the number of buckets`,
      expected: `${expected.buckets.length}`,
      got: `${got.buckets.length}`,
    };
  }
  return firstOf(expected.buckets, (rows, i) =>
    rowsDifference(
      () => `${what()}, bucket ${i} from ${showInstant(expected.edges[i]!)}, the tally`,
      rows,
      got.buckets[i]!,
    ),
  );
}

function replaysDifference(
  expected: number | null | undefined,
  got: number | null | undefined,
): Difference | undefined {
  if (got === undefined || got === expected) return undefined;
  return { what: 'the number of replays', expected: `${expected}`, got: `${got}` };
}
