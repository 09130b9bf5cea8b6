import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import {
  asTallyboardError,
  describe as describeError,
  ERRORS,
  TallyboardError,
} from '../../src/contract/errors.js';

const codes = Object.entries(ERRORS);

describe('every error', () => {
  it.each(codes)('%s has a status and a title', (code, { status, title }) => {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    expect(Number.isInteger(status) && status >= 400 && status <= 503).toBe(true);
    // What is refused is the client's to mend, or to send again; 500 is for a fault of our own.
    expect(status === 500).toBe(code === 'INTERNAL');
    expect(title).toMatch(/^[A-Z].*[^.]$/);
  });

  it('is in the table of docs/contract.md, with its status, and no other is', async () => {
    const text = await readFile(new URL('../../docs/contract.md', import.meta.url), 'utf8');
    const rows = [...text.matchAll(/^\|\s*`([A-Z_]+)`\s*\|\s*(\d{3})\s*\|\s*\S/gm)];
    const documented = rows.map(([, code, status]) => [code, Number(status)] as const);
    expect(new Set(documented.map(([code]) => code)).size).toBe(documented.length);
    expect(Object.fromEntries(documented)).toEqual(
      Object.fromEntries(codes.map(([code, { status }]) => [code, status])),
    );
  });
});

it('an error carries its code, status, title, detail and cause', () => {
  const cause = new Error('ECONNREFUSED');
  const error = new TallyboardError('STORE_BUSY', 'try again', { cause });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: 'TallyboardError',
    code: 'STORE_BUSY',
    status: 503,
    title: ERRORS.STORE_BUSY.title,
    message: 'try again',
    cause,
  });
});

it('what is one of ours stays itself, and what is not becomes the cause', () => {
  const ours = new TallyboardError('STORE_DAMAGED', 'segment 3');
  expect(asTallyboardError(ours, 'STORE_UNAVAILABLE', 'no')).toBe(ours);
  const theirs = new Error('disk full');
  expect(asTallyboardError(theirs, 'STORE_UNAVAILABLE', 'no')).toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: 'no',
    cause: theirs,
  });
});

it('a description tells the causes as well', () => {
  const error = new TallyboardError('STORE_UNAVAILABLE', 'cannot take it', {
    cause: new Error('fsync failed', { cause: 'EIO' }),
  });
  expect(describeError(error)).toBe('cannot take it: fsync failed: EIO');
  expect(describeError('text')).toBe('text');
  expect(describeError(undefined)).toBe('undefined');
  const refused = new AggregateError([new Error('refused at ::1'), new Error('refused at 127.0.0.1')]);
  expect(describeError(new Error('cannot connect', { cause: refused }))).toBe(
    'cannot connect: refused at ::1; refused at 127.0.0.1',
  );
});

it('a description says once what an error and its causes say', () => {
  const refused = new Error('connect ECONNREFUSED');
  const told = new Error('redis: connect ECONNREFUSED: look whether it runs', { cause: refused });
  const error = new TallyboardError('STORE_UNAVAILABLE', 'cannot be opened', { cause: told });
  expect(describeError(error)).toBe('cannot be opened: redis: connect ECONNREFUSED: look whether it runs');
});
