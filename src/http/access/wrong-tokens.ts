/** How many wrong tokens an address may try at once, and how long it takes until it may try one more. */
export const WRONG_TOKENS_MAX = 10;
export const WRONG_TOKEN_SECONDS = 6;
/** How many addresses are remembered; beyond it the one that was first seen is forgotten. */
const ADDRESSES_MAX = 10_000;

/**
 * Counts wrong tokens by address, so that they cannot be tried out: after `WRONG_TOKENS_MAX` of them an
 * address has one more every `WRONG_TOKEN_SECONDS`. The networks of IPv6 count as one address.
 */
export class WrongTokens {
  readonly #now: () => number;
  /** When the last of an address's wrong tokens will have been forgiven. */
  readonly #forgivenAt = new Map<string, number>();

  /** `now` is a monotonic clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether the address may try a token now. */
  mayTry(address: string): boolean {
    const forgivenAt = this.#forgivenAt.get(network(address));
    return forgivenAt === undefined || forgivenAt - this.#now() <= (WRONG_TOKENS_MAX - 1) * PENALTY;
  }

  /** Notes a wrong token. */
  note(address: string): void {
    const key = network(address);
    const now = this.#now();
    const from = Math.max(now, this.#forgivenAt.get(key) ?? now);
    if (!this.#forgivenAt.has(key) && this.#forgivenAt.size >= ADDRESSES_MAX) {
      this.#forgivenAt.delete(this.#forgivenAt.keys().next().value!);
    }
    this.#forgivenAt.set(key, from + PENALTY);
  }
}

const PENALTY = WRONG_TOKEN_SECONDS * 1000;

/** An address of IPv4 itself; the first half of one of IPv6, whose second half its owner chooses at will. */
function network(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : new Array<string>(8 - groups.length - rest.length).fill('0');
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':');
}
