import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { followPaper } from './paper.js';

/** For each bucket its contacts, its followup rate in percent, and the contacts of that which it is compared with. */
export interface ChartData {
  readonly contacts: readonly (number | null)[];
  readonly rates: readonly (number | null)[];
  readonly before: readonly (number | null)[] | undefined;
  /** The buckets that are marked below the axis, where there is room for so many marks. */
  readonly marked: (room: number) => number[];
  /** The mark of a bucket, after that of the previous one; two lines at most. */
  readonly mark: (index: number, previous: number | undefined) => string;
  /** Prints a number of contacts on the axis. */
  readonly print: (value: number) => string;
}

export interface ChartEvents {
  /** The bucket under the pointer, and where its middle is; null where there is none. */
  onPoint(place: { readonly index: number; readonly left: number } | null): void;
  /** The buckets that were dragged over, both included. */
  onZoom(first: number, last: number): void;
}

/** How wide a mark below the axis is, in the size of the text. */
const MARK_WIDTH = 5;
/** What both upright axes take of the width, about, likewise: the plot's own is not known when it begins. */
const AXES_WIDTH = 9;

/** How large it is drawn for paper, whose width is not known in time: it is scaled to that. Large for sharpness. */
const PAPER_SIZE = { width: 2000, height: 560 };

/** The one place that knows the plotting library: bars, a line, a ghost, and dragging to zoom. */
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
  }

  /** Draws anew; the colours and the size of the text are those that the style sheet has now. */
  draw(data: ChartData): void {
    this.#data = data;
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

  #options(): uPlot.Options {
    const { width, height } = this.#size();
    const colour = (name: string) => colourOf(this.#element, name);
    // The library reads whole pixels only.
    const size = Math.round(Number.parseFloat(getComputedStyle(this.#element).fontSize));
    const font = `${size}px ${getComputedStyle(this.#element).fontFamily}`;
    // Asked for each time, because other numbers may come.
    const data = () => this.#data!;
    const hair = Math.max(1, size / 12);
    const grid = { stroke: colour('--hairline'), width: hair };
    const axis = { stroke: colour('--muted'), font, ticks: { show: false }, gap: size * 0.5 };
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
        contacts: { range: (_, _least, greatest) => [0, greatest > 0 ? greatest * 1.08 : 1] },
        rate: { range: (_, _least, greatest) => [0, greatest > 0 ? Math.min(105, greatest * 1.3) : 1] },
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
          grid,
          space: size * 2.75,
          size: (_, values) => widthOf(values, size),
          incrs: WHOLE_STEPS,
          values: (_, splits) => splits.map((value) => data().print(value)),
        },
        {
          ...axis,
          scale: 'rate',
          side: 1,
          grid: { show: false },
          space: size * 2.75,
          size: (_, values) => widthOf(values, size),
          values: (_, splits) => splits.map((value) => `${Number(value.toFixed(2))} %`),
        },
      ],
      series: [
        {},
        {
          scale: 'contacts',
          fill: colour('--ghost'),
          stroke: colour('--ghost-edge'),
          width: hair,
          paths: uPlot.paths.bars!({ size: [0.92, size * 9] }),
          points: { show: false },
        },
        {
          scale: 'contacts',
          fill: colour('--bar'),
          width: 0,
          paths: uPlot.paths.bars!({ size: [0.62, size * 7], radius: 0.12 }),
          points: { show: false },
        },
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
      hooks: {
        setCursor: [(plot) => this.#point(plot)],
        setSelect: [(plot) => this.#select(plot)],
      },
    };
  }

  #point(plot: uPlot): void {
    const { idx, left } = plot.cursor;
    const isInside = idx !== null && idx !== undefined && left !== undefined && left >= 0;
    this.#events.onPoint(
      isInside ? { index: idx, left: plot.valToPos(idx, 'x') + plot.over.offsetLeft } : null,
    );
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

function columnsOf({ contacts, rates, before }: ChartData): uPlot.AlignedData {
  const ghosts = before ?? contacts.map(() => null);
  return [contacts.map((_, index) => index), [...ghosts], [...contacts], [...rates]];
}

/** For how many marks there is room below the axis. */
function roomOf(plot: uPlot, size: number): number {
  return Math.max(1, Math.floor((plot.width - AXES_WIDTH * size) / (size * MARK_WIDTH)));
}

/** Without neighbours there is no line to be seen. */
function loneOf(rates: readonly (number | null)[]): number[] {
  return [...rates.keys()].filter(
    (index) => rates[index] !== null && (rates[index - 1] ?? rates[index + 1] ?? null) === null,
  );
}

function widthOf(values: readonly string[] | null, size: number): number {
  const characters = Math.max(2, ...(values ?? []).map((value) => value.length));
  return size * (1.2 + characters * 0.6);
}

/** What a custom property is, once the style sheet has made up its mind. */
function colourOf(element: HTMLElement, name: string): string {
  const probe = document.createElement('i');
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
