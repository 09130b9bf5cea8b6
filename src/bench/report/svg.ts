import { fixed } from './format.js';
import type { Spread } from './statistics.js';

export interface Bar {
  readonly name: string;
  /** Null where nothing was measured: a gap with a dash. */
  readonly value: Spread | null;
}

export interface BarChart {
  readonly title: string;
  readonly groups: readonly { readonly label: string; readonly bars: readonly Bar[] }[];
}

export interface Line {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface LineChart {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
  readonly xText: (x: number) => string;
}

/** Horizontal bars in groups, each with the spread over the rounds; a line marks 1. */
export function barChart({ title, groups }: BarChart): string {
  const greatest = Math.max(1, ...groups.flatMap(({ bars }) => bars.map(({ value }) => value?.max ?? 0)));
  const scale = (WIDTH - LABELS_WIDTH - VALUES_WIDTH) / greatest;
  const parts: string[] = [];
  let y = TOP;
  for (const { label, bars } of groups) {
    parts.push(text(MARGIN, y + 12, label, 'font-weight="bold"'));
    y += ROW;
    for (const [place, { name, value }] of bars.entries()) {
      parts.push(text(LABELS_WIDTH - 8, y + 14, shorten(name), 'text-anchor="end"'));
      if (value === null) parts.push(text(LABELS_WIDTH + 4, y + 14, '–'));
      else parts.push(...bar(y, value, scale, colour(place)));
      y += ROW;
    }
    y += GROUP_GAP;
  }
  const one = LABELS_WIDTH + scale;
  parts.push(
    `<line x1="${px(one)}" y1="${TOP}" x2="${px(one)}" y2="${y - GROUP_GAP}" stroke="${GREY}" stroke-dasharray="3 3"/>`,
  );
  return frame(title, y, parts);
}

/** Lines over two logarithmic axes, with a legend below. Values of 0 and less have no place and are left out. */
export function lineChart({ title, unit, lines, xText }: LineChart): string {
  const drawn = lines.map(({ name, points }) => ({
    name,
    points: points.filter(({ x, y }) => x > 0 && y > 0),
  }));
  const points = drawn.flatMap((line) => line.points);
  const [xLeast, xGreatest] = decades(points.map(({ x }) => x));
  const [yLeast, yGreatest] = decades(points.map(({ y }) => y));
  const toX = (x: number) =>
    PLOT_LEFT + ((Math.log10(x) - xLeast) / (xGreatest - xLeast)) * (WIDTH - PLOT_LEFT - MARGIN);
  const toY = (y: number) =>
    TOP + PLOT_HEIGHT - ((Math.log10(y) - yLeast) / (yGreatest - yLeast)) * PLOT_HEIGHT;
  const parts: string[] = [];
  for (let power = yLeast; power <= yGreatest; power += 1) {
    const y = toY(10 ** power);
    parts.push(grid(PLOT_LEFT, y, WIDTH - MARGIN, y));
    parts.push(text(PLOT_LEFT - 8, y + 4, `${tickText(power)} ${unit}`, 'text-anchor="end"'));
  }
  for (let power = xLeast; power <= xGreatest; power += 1) {
    const x = toX(10 ** power);
    parts.push(grid(x, TOP, x, TOP + PLOT_HEIGHT));
    parts.push(text(x, TOP + PLOT_HEIGHT + 18, xText(10 ** power), 'text-anchor="middle"'));
  }
  for (const [place, line] of drawn.entries()) {
    const path = line.points.map(({ x, y }) => `${px(toX(x))},${px(toY(y))}`);
    parts.push(
      `<polyline points="${path.join(' ')}" fill="none" stroke="${colour(place)}" stroke-width="2"/>`,
    );
    for (const { x, y } of line.points) {
      parts.push(`<circle cx="${px(toX(x))}" cy="${px(toY(y))}" r="3.5" fill="${colour(place)}"/>`);
    }
  }
  let y = TOP + PLOT_HEIGHT + 34;
  for (const [place, { name }] of drawn.entries()) {
    parts.push(`<rect x="${PLOT_LEFT}" y="${y}" width="14" height="10" fill="${colour(place)}"/>`);
    parts.push(text(PLOT_LEFT + 22, y + 10, name));
    y += LEGEND_ROW;
  }
  return frame(title, y + MARGIN, parts);
}

const WIDTH = 720;
const MARGIN = 16;
const TOP = 44;
const ROW = 22;
const GROUP_GAP = 14;
const LABELS_WIDTH = 190;
const LABEL_CHARACTERS_MAX = 26;
const VALUES_WIDTH = 150;
const PLOT_LEFT = 96;
const PLOT_HEIGHT = 280;
const LEGEND_ROW = 18;
const GREY = '#8a8a8a';
const TEXT = '#222';
/** Told apart by those who see fewer colours as well (Okabe and Ito). */
const COLOURS = ['#999999', '#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];

function colour(place: number): string {
  return COLOURS[place % COLOURS.length]!;
}

function bar(y: number, { median, min, max }: Spread, scale: number, fill: string): string[] {
  const [x, middle] = [LABELS_WIDTH, y + ROW / 2 - 1];
  const [from, to] = [x + min * scale, x + max * scale];
  return [
    `<rect x="${x}" y="${y + 2}" width="${px(Math.max(1, median * scale))}" height="${ROW - 6}" fill="${fill}"/>`,
    `<line x1="${px(from)}" y1="${middle}" x2="${px(to)}" y2="${middle}" stroke="${TEXT}" stroke-width="1.5"/>`,
    text(to + 8, y + 14, `${fixed(median)} (${fixed(min)}–${fixed(max)})`),
  ];
}

/** A store's URL may be longer than the room beside its bar. */
function shorten(name: string): string {
  return name.length <= LABEL_CHARACTERS_MAX ? name : `${name.slice(0, LABEL_CHARACTERS_MAX - 1)}…`;
}

/** The whole powers of ten below and above all values; at least one decade. */
function decades(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  const least = Math.floor(Math.log10(Math.min(...values)));
  return [least, Math.max(least + 1, Math.ceil(Math.log10(Math.max(...values))))];
}

function tickText(power: number): string {
  return power >= 0 ? (10 ** power).toLocaleString('en-US') : (10 ** power).toFixed(-power);
}

function grid(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}" stroke="#ddd"/>`;
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${px(x)}" y="${px(y)}" fill="${TEXT}" ${attributes}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function frame(title: string, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${px(height)}" width="${WIDTH}" height="${px(height)}" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    // A page may be dark; the chart is not.
    `<rect width="100%" height="100%" fill="#fff"/>`,
    text(MARGIN, 24, title, 'font-size="15" font-weight="bold"'),
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function px(value: number): number {
  return Math.round(value * 10) / 10;
}
