import { join } from 'node:path';
import { FAULTS } from './faults.js';
import type { Shape } from './masters.js';
import { Report, trialSeed } from './report.js';
import type { TrialProcess } from './trial-process.js';

/** A filled store that trials are made on copies of. */
export interface Master {
  readonly master: string;
  readonly options: string;
}

/** Fills a store; it is then closed, or killed. */
export async function fillMaster(
  process: TrialProcess,
  shape: Shape,
  end: 'closed' | 'killed',
): Promise<Master> {
  const master = join(process.directory, `${end}-${shape.events}`);
  await process.call('master', { directory: master, seed: trialSeed('master', shape.events), shape });
  if (end === 'killed') await process.kill();
  else await process.call('close');
  return { master, options: shape.options };
}

const MOMENTS = ['closed', 'closed', 'closed', 'open'] as const;

/** Turns a bit in so many copies, one after the other of each master. */
export async function tryFlips(
  process: TrialProcess,
  masters: readonly Master[],
  where: 'beside' | 'journal',
  count: number,
): Promise<Report> {
  const report = new Report(`flips ${where === 'journal' ? 'in the journal' : 'beside the journal'}`);
  for (let number = 0; number < count; number += 1) {
    const master = masters[number % masters.length]!;
    const moment = MOMENTS[Math.floor(number / masters.length) % MOMENTS.length]!;
    const directory = join(process.directory, 'trial');
    const turn = Math.floor(number / masters.length);
    const seed = trialSeed(where, number);
    await report.note(process, () =>
      process.call('flip', { ...master, directory, where, moment, seed, number: turn }),
    );
  }
  report.print();
  return report;
}

/** Does each fault to a file of each kind. */
export async function tryFaults(
  process: TrialProcess,
  masters: readonly Master[],
  times: number,
): Promise<Report> {
  const report = new Report('faults beside the journal');
  for (const master of masters) {
    for (const kind of await process.call('kinds', { master: master.master })) {
      for (const fault of Object.keys(FAULTS)) {
        for (let time = 0; time < times; time += 1) {
          const seed = trialSeed(`${fault} ${kind}`, time);
          const directory = join(process.directory, 'trial');
          await report.note(process, () =>
            process.call('fault', { ...master, directory, seed, fault, kind }),
          );
        }
      }
    }
  }
  report.print();
  return report;
}
