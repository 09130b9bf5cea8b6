import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerKind } from '../../contract/server-kind.js';

/** An engine that Maven fetches, `parts` of which are then below `target`. */
export function fetchedByMaven(
  engine: string,
  parts: readonly string[] = ['lib', 'classes'],
): Pick<ServerKind, 'packages' | 'isInstalled'> & { readonly target: string } {
  const target = new URL(`../../../engines/${engine}/target/`, import.meta.url).pathname;
  return {
    target,
    packages: `default-jdk-headless and maven, and run: mvn package -f engines/${engine}`,
    isInstalled: () =>
      parts.every((part) => existsSync(join(target, part))) && spawnSync('java', ['-version']).status === 0,
  };
}
