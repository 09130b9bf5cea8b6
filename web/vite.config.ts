import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

/** What a browser may have to load before the page says anything: all scripts, gzipped. */
const SCRIPT_BYTES_MAX = 60 * 1024;

export default defineConfig({
  base: '/',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  plugins: [limitScripts(), compressFiles()],
});

/** Fails the build where the scripts have grown too large. */
function limitScripts(): Plugin {
  return {
    name: 'limit-scripts',
    generateBundle(_options, bundle) {
      // A worker has been bundled for itself, and comes as a file like any other.
      const scripts = Object.values(bundle).filter(({ fileName }) => fileName.endsWith('.js'));
      const bytes = scripts
        .map((file) => gzipSync(file.type === 'chunk' ? file.code : file.source).length)
        .reduce((sum, length) => sum + length, 0);
      if (bytes > SCRIPT_BYTES_MAX) {
        this.error(`the scripts have ${bytes} bytes gzipped, and may have ${SCRIPT_BYTES_MAX}`);
      }
      this.info(`${bytes} bytes of script gzipped, of ${SCRIPT_BYTES_MAX} allowed`);
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
