import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerKind } from '../../contract/server-kind.js';

/** Where Debian puts it: the one among the user's programs changes to a user of its own. */
const PROGRAM = '/usr/lib/rabbitmq/bin/rabbitmq-server';
/** How far above its port it listens for other nodes, and one further the daemon by which nodes find each other. */
const NODES_OFFSET = 10_000;
/** The daemon ends with the server, however that ends; else it would stay. */
const START = `setpriv --pdeathsig KILL epmd & until epmd -names >&2; do sleep 0.05; done; exec ${PROGRAM}`;

/** A server of RabbitMQ as it comes, on one thread, with a small memory. */
export function rabbitmq(...settings: readonly string[]): ServerKind {
  return {
    packages: 'rabbitmq-server',
    isInstalled: () => existsSync(PROGRAM),
    async initialise(folder) {
      await writeFile(join(folder, 'plugins'), '[].\n');
      const memory = 'vm_memory_high_watermark.absolute = 512MB';
      const lines = [memory, 'disk_free_limit.absolute = 50MB', 'log.console = false', ...settings];
      await writeFile(join(folder, 'rabbitmq.conf'), `${lines.join('\n')}\n`);
    },
    command: (folder, port) => ({
      words: ['sh', '-c', START],
      options: {
        env: {
          PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
          HOME: folder,
          LC_ALL: 'C.UTF-8',
          RABBITMQ_NODENAME: `tallyboard${port}@localhost`,
          RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
          RABBITMQ_NODE_PORT: String(port),
          RABBITMQ_DIST_PORT: String(port + NODES_OFFSET),
          ERL_EPMD_PORT: String(port + NODES_OFFSET + 1),
          ERL_EPMD_ADDRESS: '127.0.0.1',
          RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
          RABBITMQ_LOG_BASE: join(folder, 'log'),
          RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
          RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
          RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 +sbwt none',
          // Else what is started is a shell that waits for it.
          RUNNING_UNDER_SYSTEMD: 'true',
        },
      },
    }),
    async ready(port) {
      const { connect } = await import('amqplib');
      await (await connect(`amqp://127.0.0.1:${port}`)).close();
    },
    storeUrl: (port, folder) =>
      `amqp://guest:guest@127.0.0.1:${port}?data=${encodeURIComponent(join(folder, 'tallyboard'))}`,
  };
}
