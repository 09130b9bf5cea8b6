import { expect, it } from 'vitest';
import { nameOfStore } from '../../src/stores/index.js';

it.each([
  ['mongodb://one', 'mongodb://user:secret@one:27017/tallyboard?prefix=tally'],
  ['mongodb://one,two', 'mongodb://two,one/?timeout-milliseconds=500'],
  ['elasticsearch://one', 'elasticsearch://user:secret@one:9200/?prefix=tally'],
  ['amqp://one', 'amqp://user:secret@one:5672/%2F?queue=tallyboard'],
  ['postgres://one/og', 'postgres://user:secret@one:5432/og?schema=tallyboard'],
])('%s is the same store as %s', async (one, other) => {
  expect(await nameOfStore(other)).toBe(await nameOfStore(one));
});

it.each([
  ['mongodb://one', 'mongodb://one/other'],
  ['mongodb://one', 'mongodb://one?prefix=other'],
  ['elasticsearch://one', 'elasticsearch://one:9201'],
  ['amqp://one', 'amqp://one/other'],
])('%s is another store than %s', async (one, other) => {
  expect(await nameOfStore(other)).not.toBe(await nameOfStore(one));
});
