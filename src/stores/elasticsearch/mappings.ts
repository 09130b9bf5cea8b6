import type { Collection, ContactDocument, ReplayDocument } from '../../contract/documents/engine.js';
import { type Instant, SECOND } from '../../domain/time.js';

const keyword = { type: 'keyword' } as const;
const long = { type: 'long' } as const;
/** Of the same instant as the field of microseconds, for tools that want dates; to the millisecond. */
const date = { type: 'date', format: 'epoch_millis' } as const;
const boolean = { type: 'boolean' } as const;

/** By index. Instants are microseconds since 1970: `min` and `max` of dates are rounded, those of longs are exact. */
export const MAPPINGS = Object.freeze({
  contacts: {
    ...{ uuid: keyword, symbol: keyword, is_vowel: boolean },
    ...{ initial_at: long, initial_id: long, initial_seq: long, initial_date: date },
    ...{ followup_at: long, followup_id: long, followup_seq: long, followup_date: date },
    followup_seconds: { type: 'double' },
  },
  replays: {
    ...{ uuid: keyword, id: long, symbol: keyword, is_vowel: boolean },
    ...{ at: long, seq: long, date, replay: boolean },
  },
});

/** An index of ours: one that is strict, made new once a second whether it is asked or not, with a copy where there is room. */
export function indexOf(name: Collection, meta: object): object {
  return {
    settings: {
      'index.refresh_interval': '1s',
      'index.auto_expand_replicas': '0-1',
    },
    mappings: { dynamic: 'strict', _meta: meta, properties: MAPPINGS[name] },
  };
}

/** A contact as it is kept, with what follows from its fields, for tools that compute nothing. */
export function sourceOf(document: ContactDocument): object {
  const { initial_at, followup_at } = document;
  return {
    ...document,
    initial_date: dateOf(initial_at),
    followup_date: dateOf(followup_at),
    // The followup may have come before the initial.
    followup_seconds:
      initial_at === null || followup_at === null ? null : (followup_at - initial_at) / SECOND,
  };
}

export function replaySourceOf(replay: ReplayDocument): object {
  return { ...replay, date: dateOf(replay.at) };
}

function dateOf(at: Instant | null): number | null {
  return at === null ? null : Math.floor(at / 1000);
}
