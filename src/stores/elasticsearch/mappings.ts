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
    ...{ key: keyword, uuid: keyword, id: long, symbol: keyword, is_vowel: boolean },
    ...{ at: long, seq: long, date, replay: boolean },
  },
});
export type Index = keyof typeof MAPPINGS;

/** An index of ours: one that is strict, made new once a second whether it is asked or not, with a copy where there is room. */
export function indexOf(name: Index, meta: object): object {
  return {
    settings: {
      'index.refresh_interval': '1s',
      'index.auto_expand_replicas': '0-1',
    },
    mappings: { dynamic: 'strict', _meta: meta, properties: MAPPINGS[name] },
  };
}
