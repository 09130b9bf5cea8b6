import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerKind } from '../../contract/server-kind.js';

/** Where `mvn package` puts them. */
const ENGINES = new URL('../../../engines/', import.meta.url).pathname;
const OPENSEARCH = `${ENGINES}opensearch/target/`;
const ELASTICSEARCH = `${ENGINES}elasticsearch/target/elasticsearch-8.19.9/`;
/** `nobody`, and its group, on Debian: Elasticsearch does not run as root. */
const NOBODY = 65_534;
/** As small as it goes, and with the compiler that is there soonest. */
const JAVA = ['-Xms256m', '-Xmx256m', '-XX:TieredStopAtLevel=1'];

/** OpenSearch as it comes, which syncs each request; without a password. */
export function opensearch(): ServerKind {
  return {
    packages: 'default-jdk-headless and maven, and run: mvn package -f engines/opensearch',
    isInstalled: () => existsSync(`${OPENSEARCH}lib`) && existsSync(`${OPENSEARCH}classes`) && hasJava(),
    async initialise(folder) {
      await mkdir(join(folder, 'logs'));
    },
    command: (folder, port) => ({
      words: [
        ...['java', ...JAVA, '-XX:+UseSerialGC', '-Dlog4j2.disableJmx=true'],
        ...['-cp', `${OPENSEARCH}lib/*:${OPENSEARCH}classes`, 'OpenSearchServer', String(port), folder],
      ],
      options: { env: undefined, cwd: folder },
    }),
    ready,
    contactsMax: 50_000,
    storeUrl: (port) => `opensearch://127.0.0.1:${port}`,
  };
}

/** The same of Elasticsearch. */
export function elasticsearch(): ServerKind {
  return {
    packages: 'default-jdk-headless and maven, and run: mvn package -f engines/elasticsearch',
    isInstalled: () => existsSync(`${ELASTICSEARCH}bin`) && hasJava(),
    async initialise(folder) {
      const config = join(folder, 'config');
      await cp(join(ELASTICSEARCH, 'config'), config, { recursive: true });
      await writeFile(join(config, 'elasticsearch.yml'), '');
      for (const name of ['data', 'logs', 'tmp']) await mkdir(join(folder, name));
      if (process.getuid?.() !== 0) return;
      const files = await readdir(folder, { recursive: true });
      for (const name of ['', ...files]) await chown(join(folder, name), NOBODY, NOBODY);
    },
    command: (folder, port) => ({
      words: [
        join(ELASTICSEARCH, 'bin', 'elasticsearch'),
        ...[`-Ehttp.port=${port}`, '-Etransport.port=0', '-Enetwork.host=127.0.0.1'],
        ...[`-Epath.data=${join(folder, 'data')}`, `-Epath.logs=${join(folder, 'logs')}`],
        ...['-Ediscovery.type=single-node', '-Expack.security.enabled=false'],
        ...['-Enode.store.allow_mmap=false', '-Ecluster.routing.allocation.disk.threshold_enabled=false'],
      ],
      options: {
        cwd: folder,
        env: {
          PATH: '/usr/local/bin:/usr/bin:/bin',
          ES_JAVA_HOME: javaHome(),
          ES_PATH_CONF: join(folder, 'config'),
          ES_TMPDIR: join(folder, 'tmp'),
          ES_JAVA_OPTS: JAVA.join(' '),
          CLI_JAVA_OPTS: '-XX:TieredStopAtLevel=1',
        },
        ...(process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
      },
    }),
    ready,
    storeUrl: (port) => `elasticsearch://127.0.0.1:${port}`,
  };
}

/** Asks one of them. */
export async function askElasticsearch(
  port: number,
  method: string,
  path: string,
  body?: string,
): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function ready(port: number): Promise<void> {
  await askElasticsearch(port, 'GET', '/_cluster/health?wait_for_status=yellow&timeout=1s');
}

function hasJava(): boolean {
  return spawnSync('java', ['-version']).status === 0;
}

function javaHome(): string {
  const { stderr } = spawnSync('java', ['-XshowSettings:properties', '-version'], { encoding: 'utf8' });
  return /java\.home = (.+)/.exec(stderr)?.[1] ?? '';
}
