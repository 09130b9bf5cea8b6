import { span, zoneName } from '../../src/reading/format.js';
import { momentsOf } from '../../src/reading/ranges.js';
import { chartDataOf } from '../data/chart.js';
import type { Numbers } from '../data/data.js';
import { hasRates, highestRate } from './chart-data.js';
import { colourOf } from './strokes.js';

/** A picture as a document, and its size. */
export interface Picture {
  readonly text: string;
  readonly width: number;
  readonly height: number;
}

const SIZE = { width: 1200, height: 560 };
const PLOT = { left: 80, right: 1120, top: 84, foot: 506 };
/** Where the contacts end and the rates beneath begin, where there are any. */
const CONTACTS_FOOT = 376;
const RATES_TOP = 412;
/** For so many marks there is room below, and so many lines stand behind the bars. */
const MARKS = 16;
const LINES = 5;
/** A PNG has so many dots for each of the picture's. */
const DOTS = 2;

/** The chart as SVG, in the colours that `element` has. */
export function svgOf(shown: Numbers, element: HTMLElement): Picture {
  const { series, view, symbol } = shown;
  const data = chartDataOf(shown);
  const { contacts, before, rates, running, marked, mark, print } = data;
  const colour = (name: string) => colourOf(element, name);
  const [text, muted, hairline, bar] = ['--text', '--muted', '--hairline', '--bar'].map(colour);
  const isRated = hasRates(data);
  const foot = isRated ? CONTACTS_FOOT : PLOT.foot;
  const step = (PLOT.right - PLOT.left) / contacts.length;
  const middle = (index: number) => round(PLOT.left + (index + 0.5) * step);
  const most = Math.max(
    1,
    ...contacts.map((count) => count ?? 0),
    ...(before ?? []).map((count) => count ?? 0),
  );
  const heightOf = (count: number) => (count / most) * (foot - PLOT.top);
  const [unit, top] = [unitOf(most), highestRate(data)];
  const levels = Array.from({ length: Math.floor(most / unit) + 1 }, (_, level) => level * unit);
  const rateAt = (share: number) => round(PLOT.foot - ((100 * share) / top) * (PLOT.foot - RATES_TOP));
  const parts: string[] = [];
  const words = (x: number, y: number, content: string, more = '') =>
    parts.push(`<text x="${x}" y="${y}" ${more}>${escaped(content)}</text>`);

  const grid = (y: number) => parts.push(`<path d="M${PLOT.left} ${y}H${PLOT.right}" stroke="${hairline}"/>`);
  words(
    PLOT.left,
    34,
    `Contacts by ${series.every}${symbol === undefined ? '' : `, symbol ${symbol}`}`,
    `font-size="20" fill="${text}"`,
  );
  words(PLOT.left, 58, `${span(view)}, ${zoneName(view.zone, ...momentsOf(view))}`);
  for (const [index, label] of print(levels).entries()) {
    const y = round(foot - heightOf(levels[index]!));
    grid(y);
    words(PLOT.left - 8, y + 5, label, 'text-anchor="end"');
  }
  for (const [index, count] of contacts.entries()) {
    if (count === null || count === 0) continue;
    const [width, height] = [round(Math.min(step * 0.66, 90)), round(heightOf(count))];
    const look = index === running ? `fill="${colour('--bar-soft')}" stroke="${bar}"` : `fill="${bar}"`;
    parts.push(
      `<rect x="${round(middle(index) - width / 2)}" y="${round(foot - height)}" width="${width}" height="${height}" ${look}/>`,
    );
  }
  const ghost = lineOf(before ?? [], (count, index) => {
    const y = round(foot - heightOf(count));
    return [`${round(middle(index) - step / 2)} ${y}`, `${round(middle(index) + step / 2)} ${y}`];
  });
  if (ghost !== '')
    parts.push(`<path d="${ghost}" fill="none" stroke="${colour('--before')}" stroke-width="1.5"/>`);
  if (isRated) {
    for (const share of [0, top / 100]) {
      grid(rateAt(share));
      words(PLOT.right + 8, rateAt(share) + 5, `${Number((100 * share).toFixed(2))} %`);
    }
    for (const [index, rate] of rates.entries()) {
      if (rate === undefined) continue;
      parts.push(
        `<path d="M${middle(index)} ${rateAt(rate.low)}V${rateAt(rate.high)}" stroke="${colour('--line-soft')}" stroke-width="${round(Math.max(2, step * 0.66))}"/>`,
      );
    }
    const line = lineOf(rates, ({ value }, index) => [`${middle(index)} ${rateAt(value)}`]);
    parts.push(
      `<path d="${line}" fill="none" stroke="${colour('--line')}" stroke-width="2" stroke-linecap="round"/>`,
    );
  }
  let previous: number | undefined;
  for (const index of marked(MARKS)) {
    for (const [row, label] of mark(index, previous).split('\n').entries()) {
      words(middle(index), PLOT.foot + 20 + 18 * row, label, 'text-anchor="middle"');
    }
    previous = index;
  }
  const legend = [
    [bar!, 'Contacts'],
    ...(ghost === '' ? [] : [[colour('--before'), 'Period before']]),
    ...(isRated ? [[colour('--line'), 'Followup rate, 95 % interval']] : []),
  ];
  let x = PLOT.right;
  for (const [fill, label] of legend.toReversed()) {
    x -= 30 + 7.4 * label!.length;
    parts.push(`<rect x="${round(x)}" y="47" width="12" height="12" rx="2" fill="${fill}"/>`);
    words(round(x + 18), 58, label!);
  }
  const { width, height } = SIZE;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="14" fill="${muted}">
<rect width="100%" height="100%" fill="${colour('--surface')}"/>
${parts.join('\n')}
</svg>
`;
  return { text: svg, ...SIZE };
}

/** The picture as PNG. */
export async function pngOf({ text, width, height }: Picture): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width * DOTS, height * DOTS];
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob!), 'image/png'));
}

/** A line through the points of each number; broken where there is none. */
function lineOf<Value>(
  values: readonly (Value | null | undefined)[],
  pointsOf: (value: Value, index: number) => string[],
): string {
  let isOn = false;
  return values
    .map((value, index) => {
      if (value === null || value === undefined) {
        isOn = false;
        return '';
      }
      const [first, ...rest] = pointsOf(value, index);
      const start = `${isOn ? 'L' : 'M'}${first}`;
      isOn = true;
      // A point alone has no length, and is seen by its round ends.
      return [start, ...rest.map((point) => `L${point}`), ...(rest.length === 0 ? ['h0'] : [])].join('');
    })
    .join('');
}

/** The step of the lines behind the bars: 1, 2 or 5 times a power of ten. */
function unitOf(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most / LINES));
  return Math.max(1, power * [1, 2, 5, 10].find((step) => step * power * LINES >= most)!);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
