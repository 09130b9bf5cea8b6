import { it } from 'vitest';
import { repetitions, tried } from '../long.js';
import { freshDirectory } from '../stores/journal/support.js';
import { killAgainAndAgain } from './killing.js';

const KILLS = repetitions(6);

it(`a server that is killed under load, ${KILLS} times in the same directory, loses nothing that it acknowledged`, async () => {
  const acknowledged = await killAgainAndAgain(freshDirectory(), KILLS, 3);
  tried('kill -9 of a server under load', KILLS, `none of ${acknowledged} contacts lost`);
});
