import { FOLLOWUP_SHARE, type Kind } from './contact-plan.js';
import { type RequestCounts, type SymbolRecord, totalOfKind } from './ledger.js';
import type { SimulationProgress } from './options.js';
import type { SimulationResult } from './simulate.js';

/** The line that is shown while a run is under way. */
export function progressLine(progress: SimulationProgress): string {
  const { seconds, initials, initialsMax, initialsPerSecond, p50, p99, followups, refused, losses } =
    progress;
  const all = counted(initialsMax ?? initials, 'initial');
  return [
    `${seconds.toFixed(0)} s`,
    initialsMax === undefined ? all : `${whole(initials)} of ${all}`,
    `${whole(initialsPerSecond)}/s`,
    `p50 ${milliseconds(p50)}`,
    `p99 ${milliseconds(p99)}`,
    counted(followups, 'followup'),
    `${whole(refused)} refused`,
    `${whole(losses)} lost`,
  ].join(' · ');
}

/** The closing table, a line a string. */
export function resultTable(result: SimulationResult): string[] {
  const { initials, followups, seconds, latency } = result;
  const rows: [string, string][] = [
    ['ended', endOf(result)],
    ['initials', `${countsOf(initials)}, ${perSecond(initials.total, seconds)}`],
    ['followups', countsOf(followups)],
    [
      'requests',
      `${whole(initials.total + followups.total)}, ${perSecond(initials.total + followups.total, seconds)}`,
    ],
    ...eachOf('replies', result.replies),
    ...eachOf('lost', result.losses),
    ...replayedOf(result.symbols),
    ['guessed vowel', guessedVowels(result.symbols)],
    ...(['vowel', 'consonant', 'y'] as const).map((kind): [string, string] => [
      `followed, ${kind}`,
      followedOf(result.symbols, kind),
    ]),
    [
      'latency',
      `p50 ${milliseconds(latency.p50)}, p90 ${milliseconds(latency.p90)}, p99 ${milliseconds(latency.p99)}, p99.9 ${milliseconds(latency.p999)}, max ${milliseconds(latency.max)}`,
    ],
  ];
  if (result.overdue > 0) {
    rows.push([
      'overdue',
      `${counted(result.overdue, 'initial')} due and not sent: the server was behind the rate`,
    ]);
  }
  return rows.map(([label, text]) => label.padEnd(LABEL_WIDTH) + text);
}

/** What the check found, a line a string; none where there was no check. */
export function checkLines({ check }: SimulationResult): string[] {
  if (check === undefined) return [];
  const sent = `${counted(check.initials, 'initial')} and ${counted(check.followups, 'followup')}`;
  if (check.ok) return [`${'check'.padEnd(LABEL_WIDTH)}the dashboard gained exactly what was sent: ${sent}`];
  return [
    `${'check failed'.padEnd(LABEL_WIDTH)}${sent} were sent and acknowledged, and the dashboard does not show just these:`,
    ...check.differences.map((difference) => `  ${difference}`),
    'The check holds only while nobody else writes to the same server, and for a store that keeps its events.',
  ];
}

const LABEL_WIDTH = 20;

function endOf({ ended, reason, seconds, initials }: SimulationResult): string {
  const time = `after ${seconds.toFixed(1)} s`;
  switch (ended) {
    case 'requests':
      return `${time}, with ${counted(initials.total, 'initial')}`;
    case 'duration':
      return `${time}, the duration`;
    case 'interrupted':
      return `${time}, interrupted`;
    case 'unreachable':
      return `${time}, the server no longer answers: ${reason}`;
    case 'unready':
      return `${time}, the server cannot show its dashboard: ${reason}`;
  }
}

function countsOf({ total, stored, refused, unsent, unknown }: RequestCounts): string {
  const parts = [`${whole(stored)} stored`, `${whole(refused)} refused`];
  if (unsent > 0) parts.push(`${whole(unsent)} never reached the server`);
  if (unknown > 0) parts.push(`${whole(unknown)} of unknown fate`);
  return `${whole(total)} (${parts.join(', ')})`;
}

function eachOf(label: string, counts: ReadonlyMap<string, number>): [string, string][] {
  const sorted = [...counts].sort(([, first], [, second]) => second - first);
  return sorted.map(([name, count], place) => [place === 0 ? label : '', `${whole(count)} × ${name}`]);
}

function replayedOf(symbols: readonly SymbolRecord[]): [string, string][] {
  const initials = sum(symbols, 'initialsReplayed');
  const followups = sum(symbols, 'followupsReplayed');
  if (initials + followups === 0) return [];
  return [
    [
      'replayed',
      `${counted(initials, 'initial')} and ${counted(followups, 'followup')} were there before, from a run with the same seed: take another --seed for new contacts`,
    ],
  ];
}

function guessedVowels(symbols: readonly SymbolRecord[]): string {
  const vowels = sum(symbols, 'answeredVowel');
  return `${whole(vowels)} (${percent(vowels, sum(symbols, 'initials'))} of the answers)`;
}

function followedOf(symbols: readonly SymbolRecord[], kind: Kind): string {
  const { initials, followups } = totalOfKind(symbols, kind);
  const implied = `${Number((FOLLOWUP_SHARE[kind] * 100).toFixed(2))} %`;
  return `${percent(followups, initials)} of ${whole(initials)} (${implied} is implied)`;
}

function sum(
  symbols: readonly SymbolRecord[],
  field: 'initials' | 'initialsReplayed' | 'answeredVowel' | 'followupsReplayed',
): number {
  return symbols.reduce((total, record) => total + record[field], 0);
}

function percent(part: number, all: number): string {
  return all === 0 ? '–' : `${((part * 100) / all).toFixed(2)} %`;
}

function perSecond(count: number, seconds: number): string {
  return seconds === 0 ? '–' : `${whole(count / seconds)}/s`;
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ms`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function counted(count: number, unit: string): string {
  return `${whole(count)} ${Math.round(count) === 1 ? unit : `${unit}s`}`;
}
