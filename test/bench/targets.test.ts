import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkStoreUrl, redact, references, storeTarget } from '../../src/bench/targets.js';

describe('the targets', () => {
  test('get a folder of their own where they have none', () => {
    const target = storeTarget('journal:?segment-bytes=4194304', 'store', '/root');
    expect(target.fresh).toBe(true);
    expect(target.storeUrl('/f')).toBe(`journal:${join('/f', 'data')}?segment-bytes=4194304`);
    expect(target.command('/f').slice(1)).toEqual([
      join('/root', 'bin', 'tallyboard.js'),
      'serve',
      '--store',
      target.storeUrl('/f'),
      '--host',
      '127.0.0.1',
      '--port',
      '0',
    ]);
  });

  test('stay where they are when they have a place', () => {
    const target = storeTarget('redis://me:secret@host:6379/9', 'store', '/root');
    expect(target.fresh).toBe(false);
    expect(target.storeUrl('/f')).toBe('redis://me:secret@host:6379/9');
    expect(target.name).toBe('redis://me:***@host:6379/9');
  });

  test('are always compared with the same four', () => {
    expect(references('/root').map(({ role, storeUrl }) => [role, storeUrl('/f')])).toEqual([
      ['bare', null],
      ['null', 'null:'],
      ['floor', null],
      ['naive', `sqlite:${join('/f', 'data')}`],
    ]);
  });

  test('are refused before anything is measured', async () => {
    await checkStoreUrl('journal:');
    await checkStoreUrl('null:');
    await checkStoreUrl('sqlite:/nowhere/x.db');
    for (const url of ['journl:', 'no url', 'null:x', 'journal:?segment=1']) {
      await expect(checkStoreUrl(url)).rejects.toMatchObject({ code: 'STORE_URL_INVALID' });
    }
  });
});

test('passwords are not shown', () => {
  expect(redact('--stores=redis://:pw@h/1,mongodb://u:p%40@a:1,b:2/db')).toBe(
    '--stores=redis://:***@h/1,mongodb://u:***@a:1,b:2/db',
  );
  expect(redact('redis://localhost:6379/9')).toBe('redis://localhost:6379/9');
  expect(redact('journal:./data')).toBe('journal:./data');
});
