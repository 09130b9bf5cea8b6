import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const [packed] = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], { cwd: ROOT, encoding: 'utf8' }),
) as [{ files: { path: string }[]; unpackedSize: number }];
const paths = packed.files.map(({ path }) => path);
/** docs/install.md says how many there are. */
const PACKAGE_BYTES_MAX = 4_000_000;

describe('the package', () => {
  it('has whatever its documents link to', async () => {
    const documents = paths.filter((path) => path.endsWith('.md'));
    expect(documents.length).toBeGreaterThan(10);
    const there = new Set(paths.flatMap((path) => [path, ...foldersOf(path)]));
    const broken: string[] = [];
    for (const path of documents) {
      for (const target of linksOf(await readFile(join(ROOT, path), 'utf8'))) {
        if (!there.has(normalize(join(dirname(path), target)))) broken.push(`${path}: ${target}`);
      }
    }
    expect(broken).toEqual([]);
  });

  it('has documents in which each block of code stands between lines of its own', async () => {
    for (const path of paths.filter((name) => name.endsWith('.md'))) {
      const fences = (await readFile(join(ROOT, path), 'utf8'))
        .split('\n')
        .filter((line) => line.includes('```'));
      expect(
        fences.filter((line) => !/^\s*```/.test(line)),
        path,
      ).toEqual([]);
      expect(fences.length % 2, path).toBe(0);
    }
  });

  it('has what its exports and its program name', () => {
    for (const path of ['dist/index.js', 'dist/index.d.ts', 'dist/faults/index.js', 'bin/tallyboard.js']) {
      expect(paths).toContain(path);
    }
  });

  it('has the libraries of the server in one file, so that it starts soon', async () => {
    const text = await readFile(join(ROOT, 'dist/http/libraries.js'), 'utf8');
    const imported = [...text.matchAll(/\bfrom\s*["']([^"']+)["']/g)].map(([, name]) => name);
    expect(imported).toEqual(['node:module']);
  });

  it('has no more: the program, its documents and examples, and the schemas that documents link to', () => {
    const others = paths.filter((path) => !/^(bin|dist|docs|examples)\//.test(path));
    expect(
      others.filter((path) => !/^src\/stores\/.+\/(schema\.\w+|mappings\.ts)$/.test(path)).sort(),
    ).toEqual(['CHANGELOG.md', 'README.md', 'package.json']);
    expect(packed.unpackedSize).toBeLessThan(PACKAGE_BYTES_MAX);
  });

  it('has neither the bench, which needs the checkout, nor maps to sources that are not in it', () => {
    expect(paths.filter((path) => /\bbench\b.*\.js$|\.map$/.test(path))).toEqual([]);
  });
});

/** The files and folders that a Markdown text links to or shows, without fragments. */
function linksOf(text: string): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!.replace(/#.*/, '').replace(/\/$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
}

function foldersOf(path: string): string[] {
  const folder = dirname(path);
  return folder === '.' ? [] : [folder, ...foldersOf(folder)];
}
