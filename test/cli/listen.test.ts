import { expect, it } from 'vitest';
import { inheritedSocket } from '../../src/cli/serve/listen.js';

it('takes the one socket that was handed over to this very process', () => {
  const own = { LISTEN_PID: String(process.pid) };
  expect(inheritedSocket({ ...own, LISTEN_FDS: '1' })).toBe(3);
  expect(inheritedSocket({ LISTEN_PID: '1', LISTEN_FDS: '1' })).toBeUndefined();
  expect(inheritedSocket({})).toBeUndefined();
  expect(() => inheritedSocket({ ...own, LISTEN_FDS: '2' })).toThrow(/leave one ListenStream/);
});
