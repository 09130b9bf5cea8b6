import { startExport, startVerify } from '../commands.js';
import type { Plan } from '../plan.js';
import type { SoakMinute, SoakResult } from '../report/results.js';
import { startServer } from '../servers/server-process.js';
import type { Target } from '../servers/targets.js';
import { Beside } from './beside.js';
import { fillStore, wholeMinute } from './growth.js';
import { isVerifiable, stallsOf } from './mixed.js';
import { type Bench, checkCounted, countContacts, drive, sumOf } from './rounds.js';

const CONNECTIONS = 64;

/**
 * A store at a steady half of what it can take, for many minutes: the first of them alone, the others beside exports
 * and verifications that follow on one another without a pause.
 */
export async function measureSoak(bench: Bench, target: Target, plan: Plan): Promise<SoakResult> {
  const contacts = Math.min(plan.mixedContacts, target.contactsMax);
  const site = await target.place(bench.workspace, `${target.name}-soak`);
  await fillStore(bench, site, contacts, wholeMinute(Date.now() * 1000));
  const server = await startServer(bench.workspace, site.command);
  const contactsBefore = await countContacts(server);
  const ingest = { port: server.port, connections: CONNECTIONS, requests: 'ingest' } as const;
  const warmedUp = await drive(bench.writer, { ...ingest, seconds: plan.warmUpSeconds });
  const full = await drive(bench.writer, { ...ingest, seconds: plan.sliceSeconds });
  const halfRate = Math.max(1, Math.round(full.requestsPerSecond / 2));
  let initials = warmedUp.initials + full.initials;
  let refused = sumOf(warmedUp.refused) + sumOf(full.refused);
  const minutes: SoakMinute[] = [];
  const starts = [() => startExport(bench.workspace, site.storeUrl!)];
  if (await isVerifiable(site.storeUrl!)) starts.push(() => startVerify(bench.workspace, site.storeUrl!));
  let beside: Beside | undefined;
  for (let minute = 0; minute < plan.soakMinutes; minute += 1) {
    bench.say(`soak of ${target.name}, minute ${minute + 1} of ${plan.soakMinutes}`);
    if (minute === 1) beside = new Beside(...starts);
    const before = [...(beside?.done ?? [])];
    const result = await drive(bench.writer, { ...ingest, seconds: plan.soakMinuteSeconds, rate: halfRate });
    initials += result.initials;
    refused += sumOf(result.refused);
    const [exports = 0, verifications = 0] = (beside?.done ?? []).map((done, at) => done - before[at]!);
    minutes.push({
      ...stallsOf(result),
      exports,
      verifications,
      residentBytes: (await server.consumption())?.residentBytes ?? null,
    });
  }
  await beside?.end();
  await checkCounted({ target, server, contactsBefore, initials, refused });
  await server.stop();
  await site.remove();
  return { store: target.name, contacts, connections: CONNECTIONS, halfRate, minutes };
}
