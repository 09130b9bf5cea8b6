import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSymbol, parseUuid, SYMBOLS, symbolIndex } from '../../src/domain/contact.js';

const UUID = '9cdd7298-caf2-47fd-8b39-0df84387c768';

describe('a uuid', () => {
  it('is read without regard to case, and kept in lower case', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.infiniteStream(fc.boolean()), (uuid, upper) => {
        const mixed = [...uuid].map((digit) => (upper.next().value ? digit.toUpperCase() : digit)).join('');
        expect(parseUuid(mixed)).toBe(uuid);
      }),
    );
  });

  it.each([
    UUID,
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
  ])('%s is one', (text) => {
    expect(parseUuid(text)).toBe(text);
  });

  it.each([
    '',
    UUID.replaceAll('-', ''),
    UUID.slice(1),
    `${UUID}0`,
    `${UUID}\n`,
    ` ${UUID}`,
    `{${UUID}}`,
    `urn:uuid:${UUID}`,
    UUID.replace('a', 'g'),
    UUID.replaceAll('-', '_'),
    '9cdd729-8caf2-47fd-8b39-0df84387c768',
    UUID.replace('0', '０'),
  ])('%j is none', (text) => {
    expect(parseUuid(text)).toBeUndefined();
  });
});

describe('a symbol', () => {
  it('is one of 26, and has its place', () => {
    expect(SYMBOLS.join('')).toBe('abcdefghijklmnopqrstuvwxyz');
    for (const [place, symbol] of SYMBOLS.entries()) {
      expect(parseSymbol(symbol)).toBe(symbol);
      expect(symbolIndex(symbol)).toBe(place);
    }
  });

  it.each(['', 'E', 'é', 'ab', ' ', 'a ', '1', '{', '`', 'ａ', 'ß', '\u0000', '\n', '😀'])(
    '%j is none',
    (text) => {
      expect(parseSymbol(text)).toBeUndefined();
    },
  );

  it('is nothing but a letter, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2 }), (text) => {
        expect(parseSymbol(text)).toBe(/^[a-z]$/.test(text) ? text : undefined);
      }),
    );
  });
});
