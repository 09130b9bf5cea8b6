import { sizeText } from './format.js';
import { rateRatio } from './ingest-report.js';
import type { GrowthSize, Question, Results } from './results.js';
import { type Bar, barChart, type Line, lineChart } from './svg.js';

/** The charts of a run, as SVG by name. */
export function drawCharts({ rounds, growth }: Pick<Results, 'rounds' | 'growth'>): Map<string, string> {
  const charts = new Map<string, string>();
  if (rounds !== null) {
    const none = rounds.targets.find(({ role }) => role === 'null');
    const counts = rounds.targets[0]?.slices.map(({ connections }) => connections) ?? [];
    const groups = counts.map((connections) => ({
      label: connections === 1 ? '1 connection' : `${connections} connections`,
      bars: rounds.targets.map((target): Bar => {
        return { name: target.name, value: rateRatio(target, none, connections) };
      }),
    }));
    charts.set(
      'throughput',
      barChart({ title: 'Ingest over HTTP: requests a second as a ratio to null:', groups }),
    );
  }
  if (new Set(growth.map(({ contacts }) => contacts)).size > 1) {
    charts.set(
      'growth-engine',
      growthChart('Engine time, p50', 'µs', growth, (size, question) => size.engine[question].p50),
    );
    charts.set(
      'growth-http',
      growthChart('Dashboard over HTTP, reads alone, p50', 'ms', growth, (size, question) => {
        return size.readsAlone[question].p50;
      }),
    );
    const memory = storesOf(growth).map(
      (store): Line => ({
        name: store,
        points: growth.flatMap((size) =>
          size.store === store && size.residentBytes !== null
            ? [{ x: size.contacts, y: size.residentBytes.peak / 1e6 }]
            : [],
        ),
      }),
    );
    const lines = memory.filter(({ points }) => points.length > 0);
    if (lines.length > 0) {
      charts.set(
        'growth-memory',
        lineChart({ title: 'Resident memory of the server, peak', unit: 'MB', lines, xText: sizeText }),
      );
    }
  }
  return charts;
}

const DRAWN: Readonly<Partial<Record<Question, string>>> = {
  symbol: 'symbol e',
  ninetyDays: '90 days',
  tenYears: '10 years',
};

function growthChart(
  title: string,
  unit: string,
  growth: readonly GrowthSize[],
  figureOf: (size: GrowthSize, question: Question) => number,
): string {
  const lines = storesOf(growth).flatMap((store) =>
    Object.entries(DRAWN).map(
      ([question, label]): Line => ({
        name: `${store} ${label}`,
        points: growth
          .filter((size) => size.store === store)
          .map((size) => ({ x: size.contacts, y: figureOf(size, question as Question) })),
      }),
    ),
  );
  return lineChart({ title, unit, lines, xText: sizeText });
}

function storesOf(growth: readonly GrowthSize[]): string[] {
  return [...new Set(growth.map(({ store }) => store))];
}
