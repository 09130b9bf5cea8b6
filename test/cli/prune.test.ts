import { expect, it } from 'vitest';
import { parseDay, pruneCommand } from '../../src/cli/store/prune.js';
import { parseInstant } from '../../src/domain/time.js';
import { freshDirectory, initials, openStore } from '../stores/journal/support.js';
import { run } from './running.js';

const BEFORE = parseDay('2024-01-05');

it('refuses a journal, and says why and what to do instead', async () => {
  const store = `journal:${freshDirectory()}`;
  const open = await openStore(store);
  await open.append(initials(0, 3));
  await open.close();
  await expect(run(pruneCommand, { store, before: BEFORE, discard: true })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(
      /all that it answers follows from them\. .*tallyboard copy --to postgres:/,
    ),
  });
});

it('refuses to move and to throw away at once, and a day that has not begun', async () => {
  const given = { store: 'postgres://localhost:1/none', before: BEFORE };
  await expect(run(pruneCommand, { ...given, to: 'archive', discard: true })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('name one'),
  });
  await expect(run(pruneCommand, { ...given, before: parseDay('2200-01-01') })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('name a day that has begun'),
  });
});

it('takes a date', () => {
  expect(parseDay('2024-01-05')).toBe(parseInstant('2024-01-05 00:00:00'));
  for (const text of ['2024-13-05', '2024-01-05T10:00', '30d', '']) {
    expect(() => parseDay(text)).toThrow(`'${text}' is not a date`);
  }
});
