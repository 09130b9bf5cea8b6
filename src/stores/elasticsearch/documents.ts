import { keyOf } from '../../contract/documents/documents.js';
import type { ContactDocument, ReplayDocument } from '../../contract/documents/engine.js';
import { type Instant, SECOND } from '../../domain/time.js';

/** A contact as it is kept, with what follows from its fields, for tools that compute nothing. */
export interface ContactSource extends ContactDocument {
  readonly initial_date: number | null;
  readonly followup_date: number | null;
  /** From the initial to the followup, which may have come before it. */
  readonly followup_seconds: number | null;
}

export function sourceOf(document: ContactDocument): ContactSource {
  const { initial_at, followup_at } = document;
  return {
    ...document,
    initial_date: dateOf(initial_at),
    followup_date: dateOf(followup_at),
    followup_seconds:
      initial_at === null || followup_at === null ? null : (followup_at - initial_at) / SECOND,
  };
}

export function documentOf({
  initial_date,
  followup_date,
  followup_seconds,
  ...document
}: ContactSource): ContactDocument {
  return document;
}

export function replaySourceOf(replay: ReplayDocument): object {
  return { ...replay, key: keyOf(replay), date: dateOf(replay.at) };
}

function dateOf(at: Instant | null): number | null {
  return at === null ? null : Math.floor(at / 1000);
}
