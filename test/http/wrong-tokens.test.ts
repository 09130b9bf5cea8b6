import { describe, expect, test } from 'vitest';
import { WRONG_TOKENS_MAX, WrongTokens } from '../../src/http/access/wrong-tokens.js';

describe('wrong tokens', () => {
  test('are counted by address, and forgiven one by one', () => {
    let now = 0;
    const wrong = new WrongTokens(() => now);
    for (let i = 0; i < WRONG_TOKENS_MAX; i += 1) {
      expect(wrong.mayTry('10.0.0.1')).toBe(true);
      wrong.note('10.0.0.1');
    }
    expect(wrong.mayTry('10.0.0.1')).toBe(false);
    expect(wrong.mayTry('::ffff:10.0.0.1')).toBe(false);
    expect(wrong.mayTry('10.0.0.2')).toBe(true);
    now += 5999;
    expect(wrong.mayTry('10.0.0.1')).toBe(false);
    now += 1;
    expect(wrong.mayTry('10.0.0.1')).toBe(true);
    wrong.note('10.0.0.1');
    expect(wrong.mayTry('10.0.0.1')).toBe(false);
    now += 3_600_000;
    for (let i = 0; i < WRONG_TOKENS_MAX; i += 1) wrong.note('10.0.0.1');
    expect(wrong.mayTry('10.0.0.1')).toBe(false);
  });

  test('of one network of IPv6 are one address', () => {
    const wrong = new WrongTokens(() => 0);
    for (let i = 0; i < WRONG_TOKENS_MAX; i += 1) wrong.note(`2001:db8:1:2::${i + 1}`);
    expect(wrong.mayTry('2001:db8:1:2:ffff:1:1:1')).toBe(false);
    expect(wrong.mayTry('2001:db8:1:3::1')).toBe(true);
    for (let i = 0; i < WRONG_TOKENS_MAX; i += 1) wrong.note('::1');
    expect(wrong.mayTry('::1')).toBe(false);
  });

  test('of more addresses than are remembered push out the first', () => {
    const wrong = new WrongTokens(() => 0);
    for (let i = 0; i < WRONG_TOKENS_MAX; i += 1) wrong.note('10.0.0.1');
    for (let i = 0; i < 10_000; i += 1) wrong.note(`10.1.${i >> 8}.${i & 255}`);
    expect(wrong.mayTry('10.0.0.1')).toBe(true);
  });
});
