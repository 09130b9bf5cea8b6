import { readFileSync } from 'node:fs';

/** Reads the statements of a file, each under a line with its name: `-- name: lock`, in Cypher `// name: lock`. */
export function readStatements(file: URL): (name: string) => string {
  const parts = readFileSync(file, 'utf8').split(/^(?:--|\/\/) name: (.+)\n/m);
  const statements = new Map<string, string>();
  for (let i = 1; i < parts.length; i += 2) statements.set(parts[i]!, parts[i + 1]!.trim());
  return (name) => {
    const statement = statements.get(name);
    if (statement === undefined) throw new Error(`${file.pathname} has no statement '${name}'`);
    return statement;
  };
}
