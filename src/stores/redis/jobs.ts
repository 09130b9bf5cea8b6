import { type Keys, slotOf } from './keys.js';
import type { Argument, Job } from './servers/executor.js';

type Call = Job['call'];

/** A call in one partition, with its own key where no other is named. */
export function jobIn(
  keys: Keys,
  partition: number,
  call: Call,
  parameters: readonly Argument[],
  key = keys.meta(partition),
): Job {
  return { slot: keys.slot(partition), key, call, arguments: parameters };
}

/** The same call in each partition. */
export function jobsInAll(
  keys: Keys,
  partitions: number,
  call: Call,
  parameters: readonly Argument[],
  keyOf = (partition: number) => keys.meta(partition),
): Job[] {
  return Array.from({ length: partitions }, (_, partition) =>
    jobIn(keys, partition, call, parameters, keyOf(partition)),
  );
}

/** A call with the key of the store's settings. */
export function jobOnSettings(key: string, call: Call, parameters: readonly Argument[]): Job {
  return { slot: slotOf(key), key, call, arguments: parameters };
}

/** What HGETALL answers, by its fields. */
export function fieldsOf(reply: unknown): ReadonlyMap<string, string> {
  const words = (reply as Buffer[]).map(String);
  const fields = new Map<string, string>();
  for (let i = 0; i < words.length; i += 2) fields.set(words[i]!, words[i + 1]!);
  return fields;
}
