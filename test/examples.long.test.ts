import { expect, it } from 'vitest';
import { packedExample } from './packed-example.js';

it('the example keeps the contract, and loses nothing under a fault, by its own tests', async () => {
  const { node } = await packedExample();
  const said = await node('--test', '--test-reporter=tap', 'lite.test.js');
  expect(Number(/^# pass (\d+)$/m.exec(said)![1])).toBeGreaterThan(40);
  expect(said).toMatch(/^# fail 0$/m);
});
