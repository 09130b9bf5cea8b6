import { computed, signal } from '@preact/signals';
import { distance } from 'fastest-levenshtein';
import {
  type Choice,
  COMPARISONS,
  type Comparison,
  type Custom,
  PRESETS,
  type Preset,
} from '../src/reading/choice.js';
import { SERIES_STEPS, type SeriesStep } from '../src/reading/steps.js';
import { isZone, readWall } from '../src/reading/time.js';
import { keep, kept } from './kept.js';
import { BROWSER_ZONE } from './time/zones.js';

export const SORT_KEYS = ['symbol', 'count', 'followups', 'rate', 'earliest', 'latest'] as const;
export type SortKey = (typeof SORT_KEYS)[number];

/** All that decides what the page shows. It is the query of the page's URL, and nothing beside it. */
export interface PageState extends Choice {
  readonly range: Preset | Custom;
  readonly zone: string;
  readonly symbol: string | undefined;
  readonly sort: SortKey;
  readonly descending: boolean;
  /** Whether the table of symbols has the times of the first and the last contact. */
  readonly moments: boolean;
  /** The contact whose story is shown. */
  readonly uuid: string | undefined;
  /** The secret of the shared link by which the page is read, and nothing is written. */
  readonly share: string | undefined;
  /** Whether the chart alone is shown, as on a wall or in another page. */
  readonly embed: boolean;
}

/** How much is shown of a text that cannot be read. */
const TEXT_SHOWN_MAX = 60;

/** What a link means where it says nothing. */
export const START: PageState = {
  range: '7d',
  zone: 'UTC',
  compare: 'week',
  every: undefined,
  symbol: undefined,
  sort: 'count',
  descending: true,
  moments: false,
  uuid: undefined,
  share: undefined,
  embed: false,
};

/** What the bare address means to this reader, whatever it means to others. */
export type Home = Pick<PageState, 'zone' | 'compare'>;

function readHome(): Home {
  const zone = kept('zone') ?? BROWSER_ZONE;
  const compare = kept('compare') ?? '';
  return {
    zone: isZone(zone) ? zone : START.zone,
    compare: COMPARISONS.find((each) => each === compare) ?? START.compare,
  };
}

let home = readHome();

const READABLE: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['range', isPreset],
  ['from', isBound],
  ['to', isBound],
  ['tz', isZone],
  ['compare', (text) => readComparison(text) !== undefined],
  ['every', (text) => readStep(text) !== undefined],
  ['moments', (text) => text === 'yes' || text === 'no'],
  ['symbol', isSymbol],
  ['embed', (text) => text === 'chart'],
  ['sort', (text) => readSort(text) !== undefined],
]);

const NAMES = [...READABLE.keys(), 'uuid', 'share'];

/** What of the query of a URL cannot be read, as it stands there: `tz=Mars/Olympus`, `rnage=30d`. */
export function unreadableOf(query: string): string[] {
  const fields = new URLSearchParams(query);
  const isHalf = fields.has('from') !== fields.has('to');
  return [...fields]
    .filter(
      ([name, text]) =>
        READABLE.get(name)?.(text) === false || (isHalf && /^(from|to)$/.test(name)) || isMisspelt(name),
    )
    .map(
      ([name, text]) =>
        `${name}=${text.length > TEXT_SHOWN_MAX ? `${text.slice(0, TEXT_SHOWN_MAX)}…` : text}`,
    );
}

/** Whether one of the page's names is meant. Others are passed over: mail programs add fields to links. */
function isMisspelt(name: string): boolean {
  const typosMax = Math.ceil(name.length / 3);
  return !NAMES.includes(name) && NAMES.some((known) => distance(name, known) <= typosMax);
}

/** Reads the query of a URL. What cannot be read is as if it were not there. */
export function readState(query: string, bare: Home = home): PageState {
  const fields = new URLSearchParams(query);
  const start = NAMES.some((name) => fields.has(name)) ? START : { ...START, ...bare };
  const zone = fields.get('tz');
  const symbol = fields.get('symbol');
  const sort = readSort(fields.get('sort') ?? '');
  return {
    range: readRange(fields) ?? start.range,
    zone: zone !== null && isZone(zone) ? zone : start.zone,
    compare: readComparison(fields.get('compare') ?? '') ?? start.compare,
    every: readStep(fields.get('every') ?? ''),
    symbol: symbol !== null && isSymbol(symbol) ? symbol : undefined,
    sort: sort?.key ?? start.sort,
    descending: sort === undefined ? start.descending : sort.order === 'down',
    moments: fields.get('moments') === 'yes',
    uuid: fields.get('uuid')?.trim() || undefined,
    share: fields.get('share') ?? undefined,
    embed: fields.get('embed') === 'chart',
  };
}

/** The query of a state, with what differs from the defaults: `?range=30d&tz=Europe/Berlin`. */
export function queryOf(state: PageState, bare: Home = home): string {
  const fields = new URLSearchParams();
  if (typeof state.range === 'object') {
    fields.set('from', state.range.from);
    fields.set('to', state.range.to);
  } else if (state.range !== START.range) fields.set('range', state.range);
  if (state.zone !== START.zone) fields.set('tz', state.zone);
  if (state.compare !== START.compare) fields.set('compare', state.compare);
  if (state.every !== undefined) fields.set('every', state.every);
  if (state.symbol !== undefined) fields.set('symbol', state.symbol);
  if (state.sort !== START.sort || state.descending !== START.descending) {
    fields.set('sort', `${state.sort}.${state.descending ? 'down' : 'up'}`);
  }
  if (state.moments) fields.set('moments', 'yes');
  if (state.uuid !== undefined) fields.set('uuid', state.uuid);
  if (state.share !== undefined) fields.set('share', state.share);
  if (state.embed) fields.set('embed', 'chart');
  // Bare, it would be read as the reader's own.
  if (fields.size === 0 && state.zone !== bare.zone) fields.set('tz', state.zone);
  if (fields.size === 0 && state.compare !== bare.compare) fields.set('compare', state.compare);
  // A link is read by people too.
  const text = fields.toString().replaceAll('%3A', ':').replaceAll('%2F', '/');
  return text === '' ? '' : `?${text}`;
}

const current = signal(readState(globalThis.location?.search ?? ''));

/** What of the link that led here could not be read; nothing once something else was chosen. */
export const unreadable = signal(unreadableOf(globalThis.location?.search ?? ''));

/** The zone that the server did not know, so that UTC is shown; nothing once something else was chosen. */
export const refusedZone = signal<string | undefined>(undefined);

/** What the page shows now. */
export const state = computed(() => current.value);

/** Goes to another state, as a step that the back button takes back. */
export function go(change: Partial<PageState>): void {
  current.value = { ...current.value, ...change };
  const { zone, compare } = current.value;
  if (change.zone !== undefined) remember({ zone });
  if (COMPARISONS.some((each) => each === change.compare)) remember({ compare });
  unreadable.value = [];
  refusedZone.value = undefined;
  history.pushState(null, '', hrefOf({}));
}

function remember(chosen: Partial<Home>): void {
  home = { ...home, ...chosen };
  for (const [name, value] of Object.entries(chosen)) keep(name, value);
}

/** Takes UTC for a zone that the server does not know: no step, for going back would lead to it again. */
export function leaveZone(): void {
  refusedZone.value = current.value.zone;
  remember({ zone: START.zone });
  current.value = { ...current.value, zone: START.zone };
  history.replaceState(null, '', hrefOf({}));
}

/** The link to the present state with some of it changed. */
export function hrefOf(change: Partial<PageState>): string {
  return `/${queryOf({ ...current.value, ...change })}`;
}

/** Follows the back and forward buttons. */
export function followHistory(): void {
  addEventListener('popstate', () => {
    current.value = readState(location.search);
    unreadable.value = unreadableOf(location.search);
    refusedZone.value = undefined;
  });
}

function readRange(fields: URLSearchParams): Preset | Custom | undefined {
  const [from, to] = [fields.get('from'), fields.get('to')];
  if (from !== null && to !== null && isBound(from) && isBound(to)) return { from, to };
  return PRESETS.find((preset) => preset === fields.get('range'));
}

function readSort(text: string): { key: SortKey; order: string } | undefined {
  const [, name, order] = /^([a-z]+)\.(up|down)$/.exec(text) ?? [];
  const key = SORT_KEYS.find((each) => each === name);
  return key && { key, order: order! };
}

function readComparison(text: string): Comparison | undefined {
  // What links of before said.
  if (text === 'yes') return START.compare;
  return COMPARISONS.find((each) => each === text) ?? (isBound(text) ? readWall(text) : undefined);
}

function readStep(text: string): SeriesStep | undefined {
  return SERIES_STEPS.find((step) => step === text);
}

function isPreset(text: string): boolean {
  return PRESETS.some((preset) => preset === text);
}

function isSymbol(text: string): boolean {
  return /^[a-z]$/.test(text);
}

function isBound(text: string): boolean {
  const wall = text.replace(/Z$/, '');
  return readWall(wall) !== undefined && wall >= '1700-01-01' && wall <= '2250-01-01T00:00';
}
