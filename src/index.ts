/**
 * What a program that embeds Tallyboard, or writes a store for it, works with. The contract's tests are in
 * `tallyboard/conformance`.
 */

export { dashboardQuestions } from './contract/dashboard-questions.js';
export * from './contract/data-interface.js';
export * from './contract/decide.js';
export * from './contract/documents/engine.js';
export { documentStore } from './contract/documents/store.js';
export * from './contract/errors.js';
export { FirstEvents } from './contract/first-events.js';
export {
  dataInterface,
  type GroupCommit,
  type GroupCommitOptions,
} from './contract/group-commit.js';
export type { Commit } from './contract/lane.js';
export { Model } from './contract/model.js';
export * from './contract/served/engine.js';
export type { ServerKind } from './contract/server-kind.js';
export * from './contract/store.js';
export * from './contract/store-archive.js';
export * from './contract/store-network.js';
export * from './contract/store-page.js';
export * from './contract/transactional/engine.js';
export { transactionalStore } from './contract/transactional/store.js';
export * from './domain/contact.js';
export * from './domain/guess.js';
export * from './domain/tally.js';
export * from './domain/time.js';
export * from './domain/zone.js';
export { addEngines, createReader, createStore, ENGINES, parseStoreUrl } from './stores/index.js';
export * from './stores/shared/server-url.js';
export { readStatements, readText } from './stores/shared/statements.js';
