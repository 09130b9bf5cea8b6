import { afterAll } from 'vitest';
import { endAll } from './at-end.js';

// For every file: vitest runs this anew before each.
afterAll(endAll);
