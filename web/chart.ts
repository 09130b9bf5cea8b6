import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** What the chart shows: for each bucket its contacts, its followup rate in percent, and the ghost's contacts. */
export interface ChartData {
  readonly contacts: readonly (number | null)[];
  readonly rates: readonly (number | null)[];
  readonly before: readonly (number | null)[] | undefined;
  /** The mark below the axis; two lines at most. */
  readonly mark: (index: number, isFirst: boolean) => string;
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
/** Strides between marks that people count in: an hour of minutes, a day of hours, a week, a year. */
const STRIDES = [1, 2, 3, 5, 6, 7, 10, 12, 14, 15, 24, 28, 30, 48, 60, 84, 120, 168, 240, 365, 500, 1000];

/** The one place that knows the plotting library: bars, a line, a ghost, and dragging to zoom. */
export class SeriesChart {
  readonly #element: HTMLElement;
  readonly #events: ChartEvents;
  readonly #observer: ResizeObserver;
  #data: ChartData | undefined;
  #plot: uPlot | undefined;

  constructor(element: HTMLElement, events: ChartEvents) {
    this.#element = element;
    this.#events = events;
    this.#observer = new ResizeObserver(() => this.#fit());
    this.#observer.observe(element);
  }

  /** Draws anew; the colours and the size of the text are those that the style sheet has now. */
  draw(data: ChartData): void {
    this.#data = data;
    this.#plot?.destroy();
    this.#plot = new uPlot(this.#options(), columnsOf(data), this.#element);
  }

  destroy(): void {
    this.#observer.disconnect();
    this.#plot?.destroy();
  }

  #fit(): void {
    const { clientWidth: width, clientHeight: height } = this.#element;
    if (this.#plot === undefined || this.#data === undefined) return;
    // Not only the size: the text may have another one too.
    if (this.#plot.width !== width || this.#plot.height !== height) this.draw(this.#data);
  }

  #options(): uPlot.Options {
    const { clientWidth: width, clientHeight: height } = this.#element;
    const colour = (name: string) => colourOf(this.#element, name);
    // The library reads whole pixels only.
    const size = Math.round(Number.parseFloat(getComputedStyle(this.#element).fontSize));
    const font = `${size}px ${getComputedStyle(this.#element).fontFamily}`;
    const data = this.#data!;
    const grid = { stroke: colour('--hairline'), width: 1 };
    const axis = { stroke: colour('--muted'), font, ticks: { show: false }, gap: size * 0.5 };
    return {
      width,
      height,
      padding: [size * 0.75, data.rates.length > 0 ? 0 : size, 0, 0],
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
          splits: (plot) => marksOf(plot, size),
          values: (_, splits) => splits.map((index, place) => data.mark(index, place === 0)),
        },
        {
          ...axis,
          scale: 'contacts',
          grid,
          size: (_, values) => widthOf(values, size),
          incrs: WHOLE_STEPS,
          values: (_, splits) => splits.map((value) => data.print(value)),
        },
        {
          ...axis,
          scale: 'rate',
          side: 1,
          grid: { show: false },
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
          width: 1,
          paths: uPlot.paths.bars!({ size: [0.92, 100] }),
          points: { show: false },
        },
        {
          scale: 'contacts',
          fill: colour('--bar'),
          width: 0,
          paths: uPlot.paths.bars!({ size: [0.62, 80], radius: 0.12 }),
          points: { show: false },
        },
        {
          scale: 'rate',
          stroke: colour('--line'),
          width: Math.max(1.5, size / 8),
          points: { size: size * 0.4, fill: colour('--line'), stroke: colour('--line') },
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

function columnsOf({ contacts, rates, before = [] }: ChartData): uPlot.AlignedData {
  const length = Math.max(contacts.length, before.length);
  const column = (values: readonly (number | null)[]) =>
    Array.from({ length }, (_, index) => values[index] ?? null);
  return [Array.from({ length }, (_, index) => index), column(before), column(contacts), column(rates)];
}

function marksOf(plot: uPlot, size: number): number[] {
  const length = plot.data[0].length;
  const room = Math.max(1, Math.floor((plot.width - AXES_WIDTH * size) / (size * MARK_WIDTH)));
  const stride = STRIDES.find((each) => length / each <= room) ?? Math.ceil(length / room);
  return Array.from({ length: Math.ceil(length / stride) }, (_, mark) => mark * stride);
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
