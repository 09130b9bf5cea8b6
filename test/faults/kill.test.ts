import { expect, it } from 'vitest';
import { freshDirectory } from '../stores/journal/support.js';
import { killAgainAndAgain } from './killing.js';

it('a server that is killed under load, and again in the same directory, loses nothing that it acknowledged', async () => {
  expect(await killAgainAndAgain(freshDirectory(), 2, 0)).toBeGreaterThan(0);
});
