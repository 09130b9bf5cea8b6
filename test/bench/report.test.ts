import { describe, expect, test } from 'vitest';
import { drawCharts } from '../../src/bench/report/charts.js';
import { fixed, sizeText, spreadText, table } from '../../src/bench/report/format.js';
import { otherSuffix, writeComparison, writeReport } from '../../src/bench/report/report.js';
import { barChart, lineChart } from '../../src/bench/report/svg.js';
import { goodResults, target } from './results.js';

describe('figures as text', () => {
  test('have the digits that say something', () => {
    expect([0, 0.0123, 0.96, 1.234, 12.34, 123.4, 12_345.6].map(fixed)).toEqual([
      '0',
      '0.012',
      '0.960',
      '1.23',
      '12.3',
      '123',
      '12,346',
    ]);
    expect([500, 10_000, 1_000_000, 50_000_000, 1_500_000].map(sizeText)).toEqual([
      '500',
      '10k',
      '1M',
      '50M',
      '1.5M',
    ]);
    expect(spreadText({ median: 1, min: 0.5, max: 200 })).toBe('1.00 (0.500–200)');
    expect(spreadText(null)).toBeNull();
  });

  test('stand in tables, a dash where there is none', () => {
    expect(table(['a', 'b'], [['x|y', null]])).toBe('| a | b |\n|---|---:|\n| x\\|y | – |');
  });
});

describe('the report', () => {
  const results = goodResults();
  const charts = drawCharts(results);
  const text = writeReport(results, [...charts.keys()], 'benchmarks');

  test('says what it was measured on, how, and what is missing', () => {
    expect(text).toContain('- Command: `npm run bench -- --grow`');
    expect(text).toContain('A processor, 2 cores, 8 GiB; Linux 6.1 x64; Node v20.19.0');
    expect(text).toContain('- Disk: ext4 on /dev/vda');
    expect(text).toContain('Judged is the first store of the run, `journal:`, but where another is named.');
    expect(text).toContain(
      'Bytes on disk include the files that an engine has at any size: after few contacts',
    );
    expect(text).toContain('- Date: 2026-01-02 03:04');
    expect(text).toContain('because their servers are not here or want settings of their own: redis:');
    expect(text).not.toContain('was not idle');
    expect(text).not.toContain('in memory**');
  });

  test('has the figures, and their ratios round by round', () => {
    expect(rowOf(text, '### 64 connections', '`journal:`')).toContain('| 48,000 (24,000–96,000) |');
    expect(rowOf(text, 'As a ratio to `null:`', '`journal:`')).toContain('| 0.960 (0.960–0.960) |');
    expect(rowOf(text, 'As a ratio to `sqlite:`', '`journal:`')).toContain('| 80.0 (80.0–80.0) |');
    expect(text.split(/^### /m).find((part) => part.startsWith('256'))).not.toContain('`sqlite:`');
    expect(rowOf(text, '### Memory and disk', '`null:`')).toBe(
      '| `null:` | 110 (100–120) | 1.00 (1.00–1.00) | 1.00 (1.00–1.00) | – | – |',
    );
    expect(rowOf(text, '## Is the load', '256')).toBe(
      '| 256 | 100,000 | 0.980 | 0.970 | 50,000 | 2.00 | 0.500 |',
    );
    expect(rowOf(text, '## Reads, exports', 'full ingest, reads, export')).toContain('40,500');
    expect(rowOf(text, '## Reads, exports', 'half ingest, export')).toContain('| 9.00 (9.00–9.00) |');
    expect(text).toContain('| half ingest, export | 2.00 % | 0.010 % | 0 | 0 | 0 |');
    expect(rowOf(text, '## Half of full ingest', '2')).toBe(
      '| 2 | 20,000 | 1.00 | 7.00 | 6.00 | 9.00 | 2.00 % | 0.010 % | 0 | 0 | 0 | 9 | 8 | 130 |',
    );
    expect(rowOf(text, '## Batches', 'batches, 8 senders')).toBe(
      '| batches, 8 senders | 200,000 (100,000–400,000) | 30.0 (30.0–30.0) | 60.0 (60.0–60.0) |',
    );
    expect(text).toContain('beside 8 senders: 16.0 (8.00–32.0) ms; resident at most: 300 (300–300) MB.');
    expect(rowOf(text, '## How long others wait', 'all raw events × 4')).toBe(
      '| all raw events × 4 | 0.400 (0.400–0.400) | 6.00 (6.00–6.00) | 12.0 (9.00–40.0) | 4 | 2 |',
    );
    expect(rowOf(text, '## How long others wait', 'nothing')).toContain('| 90.0 (90.0–90.0) | 0 | 0 |');
    expect(rowOf(text, '### Bulk import', '`journal:` | 50M')).toBe(
      '| `journal:` | 50M | 450,000 | 440,000 | 0.600 s | 1.50 s | 90 | 300 | 120 | journal 50.0, projection 69.0 |',
    );
    expect(rowOf(text, '## Export and import', '`journal:`')).toContain('| 1,125,000 | 5.00 | 225,000 |');
  });

  test('tells what the servers of an engine take, where there are some', () => {
    expect(rowOf(text, '### 64 connections', '`redis:`')).toContain('| 12.0 (12.0–12.0) | 0 |');
    expect(rowOf(text, '### 64 connections', '`journal:`')).toContain('| – | 0 |');
    expect(text).toContain('The servers of `redis:` run beside it');
    const targets = results.rounds!.targets.filter(({ name }) => name !== 'redis:');
    const without = writeReport({ ...results, rounds: { ...results.rounds!, targets } }, [], 'benchmarks');
    expect(without).not.toContain('of the engine');
    expect(without).not.toContain('run beside it');
  });

  test('shows every chart that was drawn, and no other', () => {
    expect([...charts.keys()]).toEqual(['throughput', 'growth-engine', 'growth-http', 'growth-memory']);
    for (const name of charts.keys()) expect(text).toContain(`(benchmarks/${name}.svg)`);
    expect(writeReport(results, [], 'benchmarks')).not.toContain('.svg');
  });

  test('warns of a machine that was busy, and of data in memory', () => {
    const machine = { ...results.machine, loadBefore: 1.5, diskInMemory: true };
    const warned = writeReport({ ...results, machine }, [], 'benchmarks');
    expect(warned).toContain('**The machine was not idle** when this run began (load 1.50)');
    expect(warned).toContain('**The data lay in memory**');
  });

  test('leaves out what was not measured', () => {
    const nothing = {
      generator: [],
      rounds: null,
      batches: [],
      mixed: [],
      soak: [],
      waits: [],
      growth: [],
      transfers: [],
    };
    const short = writeReport({ ...results, ...nothing }, [], 'benchmarks');
    expect(short.match(/^## .*/gm)).toEqual(['## Goals']);
  });
});

test('a comparison sets each store beside its other self', () => {
  const results = goodResults();
  const targets = [
    target('null:', 'null', 50_000),
    target('journal:', 'store', 48_000),
    target(`null:${otherSuffix('HEAD~1')}`, 'null', 50_000),
    target(`journal:${otherSuffix('HEAD~1')}`, 'store', 40_000),
  ];
  const text = writeComparison({ ...results, rounds: { ...results.rounds!, targets } }, 'HEAD~1');
  expect(text).toContain('# Compared with HEAD~1');
  expect(rowOf(text, 'This build as a ratio', '`journal:` | 64')).toBe(
    '| `journal:` | 64 | 1.20 (1.20–1.20) | 0.833 (0.833–0.833) | 0.833 (0.833–0.833) | 0.833 (0.833–0.833) | 0.833 (0.833–0.833) |',
  );
  expect(rowOf(text, 'This build as a ratio', '`null:` | 1')).toContain('1.00 (1.00–1.00)');
});

describe('the charts', () => {
  test('are well-formed, and escape what they show', () => {
    const spread = { median: 0.5, min: 0.4, max: 2 };
    const bars = [
      { name: 'a<b>&', value: spread },
      { name: 'none', value: null },
    ];
    for (const svg of [
      barChart({ title: 'T & t', groups: [{ label: 'g', bars }] }),
      lineChart({
        title: 'T',
        unit: 'ms',
        xText: sizeText,
        lines: [{ name: 'l', points: [{ x: 10, y: 1 }] }],
      }),
      lineChart({
        title: 'T',
        unit: 'ms',
        xText: sizeText,
        lines: [{ name: 'l', points: [{ x: 10, y: 0 }] }],
      }),
      ...drawCharts(goodResults()).values(),
    ]) {
      expect(unclosed(svg)).toEqual([]);
      expect(svg).not.toContain('NaN');
      expect(svg).not.toContain('Infinity');
      expect(svg).not.toMatch(/&(?!amp;|lt;|gt;)/);
    }
  });

  test('draw a bar as long as its figure', () => {
    const of = (median: number) => ({ name: 'x', value: { median, min: median, max: median } });
    const svg = barChart({ title: 'T', groups: [{ label: 'g', bars: [of(2), of(1)] }] });
    const [longer, shorter] = [...svg.matchAll(/<rect x="190" y="\d+" width="([\d.]+)"/g)].map(([, w]) =>
      Number(w),
    );
    expect(longer! / shorter!).toBeCloseTo(2, 2);
  });

  test('draw greater values higher, and a decade as far as any other', () => {
    const points = [1, 10, 100, 1000].map((y, i) => ({ x: 10 ** (i + 3), y }));
    const svg = lineChart({ title: 'T', unit: 'µs', xText: sizeText, lines: [{ name: 'l', points }] });
    const ys = [...svg.matchAll(/<circle cx="[\d.]+" cy="([\d.]+)"/g)].map(([, y]) => Number(y));
    expect(ys).toHaveLength(4);
    const steps = ys.slice(1).map((y, i) => ys[i]! - y);
    for (const step of steps) expect(step).toBeCloseTo(steps[0]!, 0);
    expect(steps[0]).toBeGreaterThan(0);
    expect(svg).toContain('>1,000 µs<');
    expect(svg).toContain('>1M<');
  });

  test('of growth are not drawn of a single size', () => {
    const results = goodResults();
    expect([...drawCharts({ ...results, growth: results.growth.slice(0, 2) }).keys()]).toEqual([
      'throughput',
    ]);
    expect([...drawCharts({ rounds: null, growth: [] }).keys()]).toEqual([]);
  });
});

/** The first row of the first table after a heading that begins with a text. */
function rowOf(text: string, heading: string, start: string): string {
  const after = text.slice(text.indexOf(heading));
  return after.split('\n').find((line) => line.startsWith(`| ${start} `)) ?? 'no such row';
}

/** The tags that are not closed as they were opened. */
function unclosed(svg: string): string[] {
  const open: string[] = [];
  for (const [, closing, name, selfClosing] of svg.matchAll(/<(\/?)([a-z]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (selfClosing === '/') continue;
    if (closing === '') open.push(name!);
    else if (open.pop() !== name) return [name!];
  }
  return open;
}
