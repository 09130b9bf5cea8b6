import { readFileSync } from 'node:fs';

/** Reads a file of SQL or Cypher, with its own name for each table or label that stands there as `{table}`. */
export function readText(file: URL, tableOf: (table: string) => string): string {
  return readFileSync(file, 'utf8').replaceAll(/\{(\w+)\}/g, (_, table: string) => tableOf(table));
}

/** `readText` of a file of statements that are run one after the other, each with a semicolon at the end of its line. */
export function readSchema(file: URL, tableOf: (table: string) => string): string[] {
  return readText(file, tableOf)
    .split(/;\n/)
    .filter((statement) => statement.trim() !== '');
}

/**
 * `readText` of a file of statements, each under a line with its name: `-- name: lock`, or `// name: lock`. `others`:
 * where those are that are not in it.
 */
export function readStatements(
  file: URL,
  tableOf: (table: string) => string,
  others = (name: string): string => {
    throw new Error(`${file.pathname} has no statement '${name}'`);
  },
): (name: string) => string {
  const parts = readText(file, tableOf).split(/^(?:--|\/\/) name: (.+)\n/m);
  const statements = new Map<string, string>();
  for (let i = 1; i < parts.length; i += 2) statements.set(parts[i]!, parts[i + 1]!.trim());
  return (name) => statements.get(name) ?? others(name);
}
