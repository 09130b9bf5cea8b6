import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ContactEvent } from '../../domain/contact.js';
import { INSTANT_MAX, INSTANT_MIN } from '../../domain/time.js';
import { describe } from '../errors.js';
import { DOCUMENT_KINDS, type DocumentKind, type Verification } from '../store-page.js';
import { showInstant } from './answers.js';
import type { Dice } from './dice.js';
import type { Case, Trial } from './trial.js';

/** What is looked at in the methods for the dashboard's page, where a store has them. */
export const PAGE_CASES: readonly Case[] = [
  { name: 'it remembers its last verification, where it keeps them', run: remembersVerification },
  { name: 'it keeps documents of each kind by their names, where it keeps any', run: keepsDocuments },
  { name: "it stops looking for a contact's events when nobody waits", run: stopsStory },
];

async function remembersVerification(trial: Trial, dice: Dice): Promise<void> {
  await trial.open();
  if (trial.store.verification === undefined) return;
  let expected: Verification | null = null;
  const check = async () => {
    const got = await trial.attempt('reading the verification', () => trial.store.verification!());
    const [right, shown] = [showVerification(expected), showVerification(got)];
    trial.check(right === shown ? undefined : { what: 'the last verification', expected: right, got: shown });
  };
  await check();
  for (const how of ['same', 'another'] as const) {
    for (let n = 0; n < 2; n += 1) {
      const at = INSTANT_MIN + dice.below(INSTANT_MAX - INSTANT_MIN);
      const one = {
        at,
        events: dice.below(2 ** 48),
        contacts: dice.below(2 ** 31),
        differences: dice.below(3),
        ...(n > 0 && { since: INSTANT_MIN + dice.below(INSTANT_MAX - INSTANT_MIN) }),
      };
      await trial.attempt('recording a verification', () => trial.store.recordVerification!(one));
      expected = one;
      await check();
    }
    if (!trial.persists) return;
    await trial.reopen(how);
    await check();
  }
}

async function keepsDocuments(trial: Trial, dice: Dice): Promise<void> {
  await trial.open();
  if (trial.store.documents === undefined) return;
  const expected = { note: new Map<string, string>(), share: new Map<string, string>() };
  const show = (documents: ReadonlyMap<string, string>) => JSON.stringify([...documents].sort());
  const check = async () => {
    for (const kind of DOCUMENT_KINDS) {
      const got = show(await trial.attempt('reading documents', () => trial.store.documents!(kind)));
      const right = show(expected[kind]);
      trial.check(
        right === got ? undefined : { what: `the documents of the kind ${kind}`, expected: right, got },
      );
    }
  };
  const keep = async (kind: DocumentKind, name: string, text: string | null) => {
    await trial.attempt('keeping a document', () => trial.store.keepDocument!(kind, name, text));
    if (text === null) expected[kind].delete(name);
    else expected[kind].set(name, text);
  };
  await check();
  for (const how of ['same', 'another'] as const) {
    for (const name of ['a1', 'b2', 'a']) {
      for (const kind of DOCUMENT_KINDS)
        await keep(kind, name, DOCUMENT_TEXTS[dice.below(DOCUMENT_TEXTS.length)]!);
    }
    // At once, as different servers do: none makes another undone.
    await Promise.all(['c', 'd', 'e'].map((name) => keep('note', name, `of ${name}`)));
    await check();
    await keep('note', 'b2', null);
    await keep('share', 'a', null);
    await keep('share', 'nothing', null);
    await check();
    if (!trial.persists) return;
    await trial.reopen(how);
    await check();
  }
}

const DOCUMENT_TEXTS = ['{"at":1}', 'Grüße, 😀', 'it\'s "said" \\ so;', 'x'.repeat(600)];

function showVerification(verification: Verification | null): string {
  if (verification === null) return 'none';
  const { at, events, contacts, differences, since } = verification;
  const proved = since === undefined ? 'all' : `what came since ${showInstant(since)}`;
  return `at ${showInstant(at)}, ${events} events, ${contacts} contacts, ${differences} differences, of ${proved}`;
}

async function stopsStory(trial: Trial, dice: Dice): Promise<void> {
  await trial.open();
  if (trial.store.eventsOfContact === undefined) return;
  const uuid = '5c0ff1ce-0000-4000-8000-000000000000';
  const events: ContactEvent[] = [1, 2, 3].map((id) => ({
    kind: 'followup',
    id,
    uuid,
    at: dice.below(INSTANT_MAX),
    replay: false,
  }));
  for (const event of events) await trial.append([[event]]);
  const reason = new Error('nobody waits any more');
  const ask = (signal: AbortSignal) =>
    trial.store.eventsOfContact!(uuid, 2, signal).then(
      (story) => `${story.events.length} events, and ${story.leftOut} more`,
      (error: unknown) => (error === reason ? 'its reason' : `another rejection: ${describe(error)}`),
    );
  const must = (what: string, expected: readonly string[], got: string) => {
    if (!expected.includes(got)) throw trial.failure({ what, expected: expected.join(' or '), got });
  };
  must(
    "a contact's events with a signal that is aborted",
    ['its reason'],
    await ask(AbortSignal.abort(reason)),
  );
  const controller = new AbortController();
  const asked = ask(controller.signal);
  await nextTurn();
  controller.abort(reason);
  const whole = trial.store.promises.keepsEvents ? '2 events, and 1 more' : '0 events, and 0 more';
  must("a contact's events with a signal that is aborted meanwhile", ['its reason', whole], await asked);
}
