import type { Metric, Registry } from '../libraries.js';

export interface HistogramOptions {
  readonly name: string;
  readonly help: string;
  /** The upper bounds of its buckets, the least first. */
  readonly buckets: readonly number[];
  readonly registry: Registry;
}

type Labels = Readonly<Record<string, string>>;

interface Series {
  readonly labels: Labels;
  /** How many values lie in each bucket and in none of those before it; last those beyond all bounds. */
  readonly counts: Float64Array;
  sum: number;
}

/**
 * A histogram as prom-client writes it, in which a value is counted by a look at the bounds. There it takes a
 * check and a hash of the labels and an object as well, which was a twentieth of a request.
 */
export class Histogram {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly #buckets: readonly number[];
  readonly #series: Series[] = [];

  constructor({ name, help, buckets, registry }: HistogramOptions) {
    this.name = name;
    this.help = help;
    this.#buckets = buckets;
    registry.registerMetric(this as unknown as Metric);
  }

  /** Makes the function that counts a value under these labels. Labels of which nothing was counted are not shown. */
  under(labels: Labels = {}): (value: number) => void {
    const buckets = this.#buckets;
    const series = { labels, counts: new Float64Array(buckets.length + 1), sum: 0 };
    this.#series.push(series);
    return (value) => {
      let place = 0;
      while (place < buckets.length && value > buckets[place]!) place += 1;
      series.counts[place]! += 1;
      series.sum += value;
    };
  }

  /** What a registry asks of a metric. */
  async get() {
    const { name, help, type, aggregator } = this;
    return { name, help, type, aggregator, values: this.#series.flatMap((series) => this.#values(series)) };
  }

  #values({ labels, counts, sum }: Series) {
    const { name } = this;
    let count = 0;
    const buckets = [...this.#buckets, '+Inf'].map((le, place) => {
      count += counts[place]!;
      return { metricName: `${name}_bucket`, labels: { le }, sharedLabels: labels, value: count };
    });
    if (count === 0 && Object.keys(labels).length > 0) return [];
    const total = (what: string, value: number) => ({
      metricName: `${name}_${what}`,
      labels: {},
      sharedLabels: labels,
      value,
    });
    return [...buckets, total('sum', sum), total('count', count)];
  }
}
