import type { WrongStore } from './faults.js';

/** Wrong in the small documents that a store may keep. */
export const WRONG_DOCUMENTS: readonly WrongStore[] = [
  {
    name: 'has one place for the documents of all kinds',
    says: /the documents of the kind/,
    fault: ({ keepDocument }) => ({
      keepDocument: (_kind, name, text) => keepDocument!('note', name, text),
    }),
  },
  {
    name: 'keeps a document that was forgotten',
    says: /the documents of the kind/,
    fault: ({ keepDocument }) => ({
      keepDocument: async (kind, name, text) => {
        if (text !== null) await keepDocument!(kind, name, text);
      },
    }),
  },
  {
    name: 'loses a document that is kept beside another',
    says: /the documents of the kind/,
    fault: (_store, { model }) => {
      let all: ReadonlyMap<string, string> = new Map();
      return {
        documents: async (kind) => (kind === 'note' ? all : model.documents(kind)),
        keepDocument: async (kind, name, text) => {
          if (kind !== 'note') return model.keepDocument(kind, name, text);
          const known = new Map(all);
          await Promise.resolve();
          if (text === null) known.delete(name);
          else known.set(name, text);
          all = known;
        },
      };
    },
  },
];
