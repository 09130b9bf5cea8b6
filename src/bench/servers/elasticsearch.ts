import { spawnSync } from 'node:child_process';
import { chown, cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerKind } from '../../contract/server-kind.js';
import { fetchedByMaven } from './maven.js';

/** What Maven makes of the version that its pom.xml names. */
const ELASTICSEARCH = 'elasticsearch-8.19.9';
/** `nobody`, and its group, on Debian: Elasticsearch does not run as root. */
const NOBODY = 65_534;
/** As small as it goes, and with the compiler that is there soonest. */
const JAVA = ['-Xms256m', '-Xmx256m', '-XX:TieredStopAtLevel=1'];

/** At some hundred a second, more takes too long. */
const CONTACTS_MAX = 50_000;
/** With no other node, so on any free port for them. */
const ALONE = ['discovery.type=single-node', 'transport.port=0'];

/** OpenSearch as it comes, which syncs each request; without a password, and alone unless settings say otherwise. */
export function opensearch(settings = ALONE): ServerKind {
  const { target, ...fetched } = fetchedByMaven('opensearch');
  return {
    ...fetched,
    async initialise(folder) {
      await mkdir(join(folder, 'logs'));
    },
    command: (folder, port) => ({
      words: [
        ...['java', ...JAVA, '-XX:+UseSerialGC', '-Dlog4j2.disableJmx=true'],
        ...['-cp', `${target}lib/*:${target}classes`, 'OpenSearchServer', String(port), folder, ...settings],
      ],
      options: { env: undefined, cwd: folder },
    }),
    ready,
    contactsMax: CONTACTS_MAX,
    storeUrl: (port) => `opensearch://127.0.0.1:${port}`,
  };
}

/** The same of Elasticsearch. */
export function elasticsearch(): ServerKind {
  const { target, ...fetched } = fetchedByMaven('elasticsearch', [`${ELASTICSEARCH}/bin`]);
  const home = join(target, ELASTICSEARCH);
  return {
    ...fetched,
    async initialise(folder) {
      const config = join(folder, 'config');
      await cp(join(home, 'config'), config, { recursive: true });
      await writeFile(join(config, 'elasticsearch.yml'), '');
      for (const name of ['data', 'logs', 'tmp']) await mkdir(join(folder, name));
      if (process.getuid?.() !== 0) return;
      const files = await readdir(folder, { recursive: true });
      for (const name of ['', ...files]) await chown(join(folder, name), NOBODY, NOBODY);
    },
    command: (folder, port) => ({
      words: [
        join(home, 'bin', 'elasticsearch'),
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
    contactsMax: CONTACTS_MAX,
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

function javaHome(): string {
  const { stderr } = spawnSync('java', ['-XshowSettings:properties', '-version'], { encoding: 'utf8' });
  return /java\.home = (.+)/.exec(stderr)?.[1] ?? '';
}
