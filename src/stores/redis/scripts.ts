import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A script of this folder, which a server knows by its digest once it has run there. */
export interface Script {
  readonly source: string;
  readonly digest: string;
}

function load(name: string): Script {
  const source = readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), 'utf8');
  return { source, digest: createHash('sha1').update(source).digest('hex') };
}

export const SCRIPTS = Object.freeze({
  append: load('append'),
  claim: load('claim'),
  contacts: load('contacts'),
  create: load('create'),
  days: load('days'),
  last: load('last'),
  mark: load('mark'),
  remove: load('remove'),
  rows: load('rows'),
  tryWrites: load('try-writes'),
});
