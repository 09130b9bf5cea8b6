import { access } from 'node:fs/promises';
import { describe } from '../../contract/errors.js';
import { addEngines, createStore } from '../../stores/index.js';

const [, , engines] = process.argv;
if (engines !== undefined) addEngines(engines);

/** In a process of its own, for an engine that waits for a server may wait for ever. */
process.on('message', (question: { scheme: string; path: string }) => {
  opens(question.scheme, question.path).then(
    (result) => process.send!({ result }),
    (error: unknown) => process.send!({ error: describe(error) }),
  );
});

process.on('disconnect', () => process.exit(0));

async function opens(scheme: string, path: string): Promise<boolean> {
  const store = await createStore(`${scheme}:${path}`, { log: { info() {}, warn() {}, error() {} } });
  await store.open();
  await store.close();
  // A store that opened without touching the path keeps its data elsewhere.
  return access(path).then(
    () => true,
    () => false,
  );
}
