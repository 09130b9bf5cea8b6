import type { Uuid } from '../domain/contact.js';
import type { RandomSource } from '../domain/guess.js';

/** A version 4 UUID of RFC 9562: 122 bits from four draws, the version and the variant in their places. */
export function uuid4(random: RandomSource): Uuid {
  const first = word(random);
  const second = ((word(random) & 0xffff0fff) | 0x4000) >>> 0;
  const third = ((word(random) & 0x3fffffff) | 0x80000000) >>> 0;
  const [high, middle] = [hex(second), hex(third)];
  return `${hex(first)}-${high.slice(0, 4)}-${high.slice(4)}-${middle.slice(0, 4)}-${middle.slice(4)}${hex(word(random))}`;
}

function word(random: RandomSource): number {
  return Math.floor(random() * 0x1_0000_0000);
}

function hex(bits: number): string {
  return bits.toString(16).padStart(8, '0');
}
