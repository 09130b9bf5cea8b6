import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TallyboardError } from '../../contract/errors.js';
import type { DocumentKind } from '../../contract/store-page.js';
import { readSealed, writeSealed } from './sealed-file.js';

const KIND = 'documents';

/** Where documents are kept, below the directory of the store. */
export const DOCUMENTS_NAME = 'documents.json';

/** By kind and name. */
type Documents = Readonly<Partial<Record<DocumentKind, Readonly<Record<string, string>>>>>;

/** All documents of a directory; none where there is no file. Rejects with `STORE_DAMAGED` where it is damaged. */
export async function readDocuments(directory: string): Promise<Documents> {
  const path = join(directory, DOCUMENTS_NAME);
  const value = await readSealed(path, KIND);
  if (value === undefined) return {};
  if (value !== null) return (value as { readonly documents: Documents }).documents;
  throw new TallyboardError(
    'STORE_DAMAGED',
    `${path}, with the notes and the shared links, is damaged: put that of a backup in its place, or delete it to go on without them`,
  );
}

/** Writes documents in the place of those that were there: whole, or not at all. */
export async function writeDocuments(directory: string, documents: Documents): Promise<void> {
  await writeSealed(join(directory, DOCUMENTS_NAME), KIND, { documents });
}

/** Puts the documents of one directory, or that there are none, in the place of those of another. */
export async function copyDocuments(from: string, to: string): Promise<void> {
  const documents = await readDocuments(from);
  if (Object.keys(documents).length > 0) await writeDocuments(to, documents);
  else await rm(join(to, DOCUMENTS_NAME), { force: true });
}
