import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Rate } from '../../src/reading/statistics.js';
import { type ChartData, columnsOf, hasRates, highestRate } from './chart-data.js';
import { followPaper } from './paper.js';
import { colourOf, flag, hatch, steps } from './strokes.js';

/** A bucket under the pointer, and where its bar lies within the chart, in CSS pixels. */
export interface Place {
  readonly index: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface ChartEvents {
  /** The bucket under the pointer; null where there is none. */
  onPoint(place: Place | null): void;
  /** The buckets that were dragged over, both included. */
  onZoom(first: number, last: number): void;
  /** The bucket that was clicked. */
  onOpen(index: number): void;
}

/** How wide a mark below the axis is, in the size of the text. */
const MARK_WIDTH = 5;
/** What both upright axes take of the width, about, likewise: the plot's own is not known when it begins. */
const AXES_WIDTH = 9;
/** How much of the width of a bucket a bar takes, and how wide it is at most, in the size of the text. */
const BAR_SHARE = 0.66;
const BAR_WIDTH_MAX = 7;
/** Which part of the height is for the contacts, and which for the rates beneath. */
const CONTACTS_SHARE = 0.7;
const RATES_SHARE = 0.22;

/** How large it is drawn for paper, whose width is not known in time: it is scaled to that. Large for sharpness. */
const PAPER_SIZE = { width: 2000, height: 560 };

/** The one place that knows the plotting library: bars, what was before, a strip of rates, dragging to zoom. */
export class SeriesChart {
  readonly #element: HTMLElement;
  readonly #events: ChartEvents;
  readonly #observer: ResizeObserver;
  #data: ChartData | undefined;
  #plot: uPlot | undefined;
  #isOnPaper = false;
  readonly #unfollowPaper: () => void;

  constructor(element: HTMLElement, events: ChartEvents) {
    this.#element = element;
    this.#events = events;
    this.#observer = new ResizeObserver(() => this.#fit());
    this.#observer.observe(element);
    this.#unfollowPaper = followPaper((isOnPaper) => this.#turn(isOnPaper));
  }

  /** Shows other numbers; what the reader is about with the pointer goes on where the buckets are as many. */
  show(data: ChartData): void {
    const isAlike = data.contacts.length === this.#data?.contacts.length;
    if (this.#plot === undefined || !isAlike) {
      this.draw(data);
      return;
    }
    this.#data = data;
    this.#plot.setData(columnsOf(data));
    this.#point(this.#plot);
  }

  /** Draws anew; the colours and the size of the text are those that the style sheet has now. */
  draw(data: ChartData): void {
    this.#data = data;
    // Of a page that is being left, what is drawn has no size any more.
    if (!this.#element.isConnected) return;
    this.#plot?.destroy();
    this.#plot = new uPlot(this.#options(), columnsOf(data), this.#element);
  }

  destroy(): void {
    this.#observer.disconnect();
    this.#unfollowPaper();
    this.#plot?.destroy();
  }

  #turn(isOnPaper: boolean): void {
    if (this.#isOnPaper === isOnPaper) return;
    this.#isOnPaper = isOnPaper;
    if (this.#data !== undefined) this.draw(this.#data);
  }

  #size(): { readonly width: number; readonly height: number } {
    const { clientWidth: width, clientHeight: height } = this.#element;
    return this.#isOnPaper ? PAPER_SIZE : { width, height };
  }

  #fit(): void {
    const { width, height } = this.#size();
    if (this.#plot === undefined || this.#data === undefined) return;
    // Not only the size: the text may have another one too.
    if (this.#plot.width !== width || this.#plot.height !== height) this.draw(this.#data);
  }

  /** The size of the text; the library reads whole pixels only. */
  #textSize(): number {
    return Math.round(Number.parseFloat(getComputedStyle(this.#element).fontSize));
  }

  #options(): uPlot.Options {
    const { width, height } = this.#size();
    const colour = (name: string) => colourOf(this.#element, name);
    const size = this.#textSize();
    const font = `${size}px ${getComputedStyle(this.#element).fontFamily}`;
    // Asked for each time, because other numbers may come.
    const data = () => this.#data!;
    const hair = Math.max(1, size / 12);
    const grid = { stroke: colour('--hairline'), width: hair };
    const axis = { stroke: colour('--muted'), font, ticks: { show: false }, gap: size * 0.5, grid };
    const bars = uPlot.paths.bars!({ size: [BAR_SHARE, size * BAR_WIDTH_MAX], radius: 0.1 });
    const unseen = { scale: 'rate', width: 0, points: { show: false } };
    return {
      width,
      height,
      padding: [size * 0.75, 0, 0, 0],
      legend: { show: false },
      cursor: {
        x: false,
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false },
      },
      scales: {
        x: { time: false, range: (_, least, greatest) => [least - 0.6, greatest + 0.6] },
        contacts: {
          range: (_, _least, greatest) => {
            const top = greatest > 0 ? greatest * 1.06 : 1;
            return [hasRates(data()) ? top - top / CONTACTS_SHARE : 0, top];
          },
        },
        rate: { range: () => [0, highestRate(data()) / RATES_SHARE] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: size * 3.2,
          splits: (plot) => data().marked(roomOf(plot, size)),
          values: (_, splits) => splits.map((index, place) => data().mark(index, splits[place - 1])),
        },
        {
          ...axis,
          scale: 'contacts',
          space: size * 2.75,
          size: (_, values) => widthOf(values, size),
          incrs: WHOLE_STEPS,
          splits: (_plot, _axis, _least, greatest, step) => multiplesUpTo(greatest, step),
          values: (_, splits) => data().print(splits),
        },
        {
          ...axis,
          scale: 'rate',
          side: 1,
          size: (_, values) => widthOf(values, size),
          splits: () => (hasRates(data()) ? [0, highestRate(data())] : []),
          values: (_, splits) => splits.map((value) => `${Number(value.toFixed(2))} %`),
        },
      ],
      series: [
        {},
        { scale: 'contacts', fill: colour('--bar'), width: 0, paths: bars, points: { show: false } },
        {
          scale: 'contacts',
          fill: hatch(colour('--bar'), colour('--bar-soft'), size),
          stroke: colour('--bar'),
          width: hair,
          paths: bars,
          points: { show: false },
        },
        {
          scale: 'contacts',
          stroke: colour('--before'),
          width: Math.max(1, size / 9),
          paths: steps,
          points: { show: false },
        },
        unseen,
        unseen,
        {
          scale: 'rate',
          stroke: colour('--line'),
          width: Math.max(1.5, size / 8),
          points: {
            size: size * 0.5,
            fill: colour('--line'),
            stroke: colour('--line'),
            filter: (_plot, _series, areAllShown) => (areAllShown ? null : loneOf(data().rates)),
          },
        },
      ],
      bands: [{ series: [5, 4], fill: colour('--line-soft') }],
      hooks: {
        setCursor: [(plot) => this.#point(plot)],
        setSelect: [(plot) => this.#select(plot)],
        draw: [(plot) => flag(plot, data().noted, colour('--accent'), size)],
        ready: [(plot) => this.#followClicks(plot)],
      },
    };
  }

  #point(plot: uPlot): void {
    const { idx, left } = plot.cursor;
    const isInside = idx !== null && idx !== undefined && left !== undefined && left >= 0;
    this.#events.onPoint(isInside ? this.#placeOf(plot, idx) : null);
  }

  #placeOf(plot: uPlot, index: number): Place {
    const { contacts } = this.#data!;
    const bucket = plot.valToPos(1, 'x') - plot.valToPos(0, 'x');
    const width = Math.min(bucket * BAR_SHARE, this.#textSize() * BAR_WIDTH_MAX);
    const top = plot.valToPos(contacts[index] ?? 0, 'contacts');
    return {
      index,
      left: plot.valToPos(index, 'x') - width / 2 + plot.over.offsetLeft,
      top: top + plot.over.offsetTop,
      width,
      height: plot.valToPos(0, 'contacts') - top,
    };
  }

  /** A bar under a mouse leads into it; a finger is shown what it is, and leads into it when it comes again. */
  #followClicks(plot: uPlot): void {
    let pointed: number | null | undefined;
    let isMouse = true;
    plot.over.addEventListener('pointerdown', ({ pointerType }) => {
      isMouse = pointerType === 'mouse';
    });
    plot.over.addEventListener('click', () => {
      const { idx } = plot.cursor;
      if (typeof idx === 'number' && (isMouse || idx === pointed)) this.#events.onOpen(idx);
      pointed = idx;
    });
  }

  #select(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width <= 0) return;
    const last = this.#data!.contacts.length - 1;
    const bucketAt = (position: number) =>
      Math.min(Math.max(0, Math.round(plot.posToVal(position, 'x'))), last);
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.#events.onZoom(bucketAt(left), bucketAt(left + width));
  }
}

const WHOLE_STEPS = Array.from({ length: 15 }, (_, power) =>
  [1, 2, 5].map((step) => step * 10 ** power),
).flat();

function multiplesUpTo(greatest: number, step: number): number[] {
  return Array.from({ length: Math.floor(greatest / step) + 1 }, (_, count) => count * step);
}

/** For how many marks there is room below the axis. */
function roomOf(plot: uPlot, size: number): number {
  return Math.max(1, Math.floor((plot.width - AXES_WIDTH * size) / (size * MARK_WIDTH)));
}

/** Without neighbours there is no line to be seen. */
function loneOf(rates: readonly (Rate | undefined)[]): number[] {
  return [...rates.keys()].filter(
    (index) => rates[index] !== undefined && (rates[index - 1] ?? rates[index + 1]) === undefined,
  );
}

function widthOf(values: readonly string[] | null, size: number): number {
  const characters = Math.max(2, ...(values ?? []).map((value) => value.length));
  return size * (1.2 + characters * 0.6);
}
