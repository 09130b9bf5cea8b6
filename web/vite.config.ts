import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

/** What a browser may have to load before the page says anything: gzipped, without what is loaded when it is opened. */
const SCRIPT_BYTES_MAX = 60 * 1024;

export default defineConfig({
  base: '/',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    // The file of one part has no other to be loaded with it.
    modulePreload: false,
    reportCompressedSize: false,
  },
  plugins: [limitScripts(), compressFiles()],
});

/** Fails the build where the scripts have grown too large. */
function limitScripts(): Plugin {
  return {
    name: 'limit-scripts',
    generateBundle(_options, bundle) {
      const scripts = Object.values(bundle).filter(({ fileName }) => fileName.endsWith('.js'));
      const chunks = scripts.filter((file) => file.type === 'chunk');
      const first = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName));
      // A set is walked through with what is added meanwhile.
      for (const name of first) {
        for (const imported of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) {
          first.add(imported);
        }
      }
      const sizeOf = (isFirst: boolean) =>
        scripts
          // A worker has been bundled for itself, and comes as a file like any other.
          .filter((file) => (file.type !== 'chunk' || first.has(file.fileName)) === isFirst)
          .map((file) => gzipSync(file.type === 'chunk' ? file.code : file.source).length)
          .reduce((sum, length) => sum + length, 0);
      const bytes = sizeOf(true);
      if (bytes > SCRIPT_BYTES_MAX) {
        this.error(`the scripts have ${bytes} bytes gzipped, and may have ${SCRIPT_BYTES_MAX}`);
      }
      this.info(
        `${bytes} bytes of script gzipped, of ${SCRIPT_BYTES_MAX} allowed, and ${sizeOf(false)} when they are asked for`,
      );
    },
  };
}

/** Puts compressed forms beside the files, so that the server compresses nothing while it counts. */
function compressFiles(): Plugin {
  return {
    name: 'compress-files',
    async writeBundle({ dir }, bundle) {
      const names = Object.keys(bundle).filter((name) => /\.(html|js|css|svg)$/.test(name));
      await Promise.all(
        names.map(async (name) => {
          const file = join(dir!, name);
          const content = await readFile(file);
          await writeFile(`${file}.gz`, gzipSync(content, { level: 9 }));
          await writeFile(`${file}.br`, brotliCompressSync(content));
        }),
      );
    },
  };
}
