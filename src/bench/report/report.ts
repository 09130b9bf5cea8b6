import { ENGINE_SETTINGS } from '../servers/engines.js';
import { fixed, table, whole } from './format.js';
import { judgedStore, judgeGoals } from './goals.js';
import { growthSection, mixedSection, soakSection, transferSection, waitsSection } from './growth-report.js';
import { batchSection, generatorSection, ingestSection, RATIO_HEADS, ratioCells } from './ingest-report.js';
import type { Results, RoundsResult } from './results.js';

/** The whole report as Markdown; the charts are images in `chartFolder`, beside it. */
export function writeReport(results: Results, charts: readonly string[], chartFolder: string): string {
  const { rounds, batches, growth, mixed, soak, waits, transfers } = results;
  const image = (name: string, alt: string) =>
    charts.includes(name) ? [`![${alt}](${chartFolder}/${name}.svg)`] : [];
  return `${[
    '# Benchmarks',
    intro(results),
    '## Goals',
    `Judged is the first store of the run, ${storeText(results)}, but where another is named. Each goal is judged by the median over the rounds; in brackets the least and the greatest.`,
    table(
      ['what', 'goal', 'measured', ''],
      judgeGoals(results).map(({ what, goal, measured, verdict }) => [what, goal, measured, verdict]),
    ),
    ...(rounds === null
      ? []
      : [
          '## Ingest over HTTP',
          `Initials, and a followup to one in eight, over connections that are kept alive; a reply is waited for before the next request, and it comes when the event is as durable as the store promises. In each cell the median of ${rounds.targets[0]?.slices[0]?.rounds.length ?? 0} rounds of ${fixed(results.sliceSeconds)} s (the naive reference: half), and the least and the greatest. Within a round all take their turns one after the other, so a ratio is of figures that were measured within seconds of each other. CPU is the server’s, all of its threads, until it has done what it put off. At the end of each round the dashboard has to count exactly what was acknowledged. \`one durable write\` is the same server over a store that keeps nothing, but lets each batch wait for one durable write of as many bytes as the journal’s: what a store that waits for this disk could reach at most.${engineNote(rounds)}`,
          ...image('throughput', 'Requests a second as a ratio to the null store'),
          ingestSection(rounds),
          '### One fsync',
          `An fdatasync of 4 KB appended to a file beside the data, ${whole(rounds.fsync.count)} of them over all rounds: p50 ${fixed(rounds.fsync.p50)} ms, p99 ${fixed(rounds.fsync.p99)} ms.`,
        ]),
    ...(results.generator.length === 0
      ? []
      : [
          '## Is the load generator the bottleneck?',
          'It is a process of its own, on plain sockets, with a reply parser that knows just enough HTTP. It was driven against a responder that parses nothing and answers with the same bytes each time: what it reaches there is its ceiling, or that of two processes on this machine. While a store was measured it should take less than a core, and its ceiling should be at least 1.3 times the fastest store.',
          generatorSection(results.generator, rounds),
        ]),
    ...(batches.length === 0
      ? []
      : [
          '## Batches',
          'Events of `POST /batch` and of single calls, each sender again as soon as it is answered, alone and beside each other on one server; latencies are those of a request. Another load generator sends the batches. In the end the dashboard has to count exactly what was acknowledged.',
          ...batches.map((result) => batchSection(result)),
        ]),
    ...(mixed.length === 0
      ? []
      : [
          '## Reads, exports and verifications beside writes',
          ...mixed.map((result) => mixedSection(result)),
        ]),
    ...(soak.length === 0
      ? []
      : ['## Half of full ingest for many minutes', ...soak.map((result) => soakSection(result))]),
    ...(waits.length === 0
      ? []
      : [
          '## How long others wait for reads',
          'A probe on `/healthz`, 100 a second over connections enough that none waits for another, by itself and beside each kind of question; of each kind so many are under way at the same time, and asked again as soon as they are answered. Milliseconds from when a probe was due to its answer. A pause that the server makes is in every round, one of the machine’s is not: of the longest the least of the rounds is what the goal looks at. A round before these, which is not counted, runs code that has not run yet.',
          ...waits.map((result) => waitsSection(result)),
        ]),
    ...(growth.length === 0
      ? []
      : [
          '## Growth',
          'Each size is a store of its own, filled in time order through the store’s interface in full batches: half of the contacts spread evenly over the last 90 days, so that minutes hold many, and half over the ten years before, so that there are many minutes; one in eight is followed up. Ranges begin at a random minute, half of them where the contacts are dense. The naive reference gets the same events as an exported file, up to a size that it can answer in sensible time. Starts count from the start of the process until it says that it is ready, Node’s own included, with the page cache as the run left it; the kill comes in the middle of writes.',
          ...image('growth-engine', 'Engine time as contacts grow'),
          ...image('growth-http', 'Dashboard reads over HTTP as contacts grow'),
          ...image('growth-memory', 'Resident memory as contacts grow'),
          growthSection(growth),
        ]),
    ...(transfers.length === 0
      ? []
      : [
          '## Export and import with the command line',
          'From the start of the command to its end.',
          transferSection(transfers),
        ]),
  ].join('\n\n')}\n`;
}

function storeText(results: Results): string {
  const store = judgedStore(results);
  return store === undefined ? 'of which there was none' : `\`${store}\``;
}

function engineNote({ targets }: RoundsResult): string {
  const names = targets.filter(({ slices }) =>
    slices.some((slice) => slice.rounds.some((round) => round.engineCpuMicroseconds !== null)),
  );
  if (names.length === 0) return '';
  const list = names.map(({ name }) => `\`${name}\``).join(' and ');
  return ` The servers of ${list} run beside it on the same cores, as ${ENGINE_SETTINGS}; what they take is told apart.`;
}

/** A comparison of two revisions, as Markdown. */
export function writeComparison(results: Results, revision: string): string {
  const rounds = results.rounds!;
  const count = rounds.targets[0]?.slices[0]?.rounds.length ?? 0;
  const rows = rounds.targets.flatMap((here) => {
    const other = rounds.targets.find(({ name }) => name === here.name + otherSuffix(revision));
    if (other === undefined) return [];
    return here.slices.map(({ connections }, at) => [
      `\`${here.name}\``,
      String(connections),
      ...ratioCells(here, other, at),
    ]);
  });
  return [
    `# Compared with ${revision}`,
    machineLines(results),
    'This build as a ratio to the other, round by round: the median, and the least and the greatest.',
    `Where the whole spread lies on one side of 1 it is likely a difference: chance alone does that in one cell of ${2 ** Math.max(0, count - 1)}. --rounds makes it rarer.`,
    table(['store', 'connections', ...RATIO_HEADS], rows),
    ingestSection(rounds),
    '',
  ].join('\n\n');
}

/** What the name of a target of the other revision ends with. */
export function otherSuffix(revision: string): string {
  return ` at ${revision}`;
}

function intro(results: Results): string {
  const disturbed =
    results.machine.loadBefore > LOAD_DISTURBING
      ? [
          `**The machine was not idle** when this run began (load ${fixed(results.machine.loadBefore)}): take the absolute figures with care.`,
        ]
      : [];
  const inMemory = results.machine.diskInMemory
    ? ['**The data lay in memory**, where an fsync costs nothing: name a folder on a disk with `--data`.']
    : [];
  const leftOut =
    results.leftOut.length === 0
      ? []
      : [
          `Not measured, because their servers are not here or want settings of their own: ${results.leftOut.join(', ')} (name one with \`--stores\`).`,
        ];
  return [
    'Written by the bench; do not edit. Ratios within one run hold; absolute figures are those of this machine at this time. Bytes on disk include the files that an engine has at any size: after few contacts, as with `--quick`, they are most of them. The figures of every round are in the JSON file beside this one.',
    machineLines(results),
    ...disturbed,
    ...inMemory,
    ...leftOut,
  ].join('\n\n');
}

function machineLines({ command, date, version, seconds, machine }: Results): string {
  return [
    `- Command: \`${command}\``,
    `- Date: ${date}, in ${whole(seconds)} s; Tallyboard ${version}`,
    `- Machine: ${machine.cpu}, ${machine.cores} cores, ${whole(machine.memoryBytes / 2 ** 30)} GiB; ${machine.system}; Node ${machine.node}`,
    `- Disk: ${machine.disk}`,
  ].join('\n');
}

const LOAD_DISTURBING = 0.7;
