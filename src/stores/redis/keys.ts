const SLOTS = 16_384;

/** The keys of a store: one place, so that everything of a partition shares its hash tag. */
export class Keys {
  /** Its hash tag depends on nothing, so that the settings are found before they are known. */
  readonly settings: string;
  readonly #partitions: readonly { readonly base: string; readonly slot: number }[];

  constructor(prefix: string, partitions: number) {
    this.settings = settingsKey(prefix);
    this.#partitions = Array.from({ length: partitions }, (_, partition) => {
      const { tag, slot } = tagOf(partition, partitions);
      return { base: `${prefix}{${tag}}:`, slot };
    });
  }

  /** The key by which a partition is known, and which every script is called with. */
  meta(partition: number): string {
    return `${this.#partitions[partition]!.base}meta`;
  }

  /** The raw events of one day. */
  events(partition: number, day: number): string {
    return `${this.#partitions[partition]!.base}e:${day}`;
  }

  /** By day: the entry up to which its raw events were moved out. */
  archived(partition: number): string {
    return `${this.#partitions[partition]!.base}archived`;
  }

  /** What is known of the replays of a bucket's contacts. */
  replays(partition: number, bucket: number): string {
    return `${this.#partitions[partition]!.base}r:${bucket}`;
  }

  /** The longest roll-ups, and the numbers of unmatched contacts and of replays. */
  totals(partition: number): string {
    return `${this.#partitions[partition]!.base}x`;
  }

  slot(partition: number): number {
    return this.#partitions[partition]!.slot;
  }
}

/** The documents that are kept beside the settings, by kind and name. */
export function documentsKey(settings: string): string {
  return `${settings}:documents`;
}

export function settingsKey(prefix: string): string {
  return `${prefix}{settings}`;
}

/** The Cluster's slot of a key: CRC16 (XMODEM) of its hash tag, or of all of it where it has none. */
export function slotOf(key: string): number {
  return slotOfTag(Buffer.from(/\{([^}]+)\}/.exec(key)?.[1] ?? key));
}

function slotOfTag(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ CRC_OF_BYTE[(crc >>> 8) ^ byte]!;
  return crc % SLOTS;
}

const CRC_OF_BYTE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000) !== 0 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc & 0xffff;
});

/**
 * The hash tag of a partition: the first that falls into its part of the slots. So the partitions lie evenly
 * over all slots, and over the nodes that share those.
 */
function tagOf(partition: number, partitions: number): { tag: string; slot: number } {
  for (let n = 0; ; n += 1) {
    const tag = `${partition}-${n}`;
    const slot = slotOfTag(Buffer.from(tag));
    if (Math.floor((slot * partitions) / SLOTS) === partition) return { tag, slot };
  }
}
