import { join } from 'node:path';
import Database from 'libsql';
import { rabbitmq } from '../../../src/bench/servers/rabbitmq.js';
import { temporaryFolder } from '../../transfer/support.js';
import { exportTo } from '../../transfer/support-files.js';
import { describeEngine } from '../shared/engine-tests.js';
import { openStore } from '../shared/support.js';
import { describeLog } from './log-tests.js';
import { leaveMessage, RABBITMQ_MISSING } from './server.js';

const NEWER = 'a message of a newer release';

describeEngine(
  'RabbitMQ',
  RABBITMQ_MISSING,
  rabbitmq(),
  {
    nameOption: 'queue',
    page: 'rabbitmq.md',
    setFormat: NEWER,
    survives: 'process',
    isFreshForAll: false,
    loss: null,
    async ask(url, question) {
      if (question === NEWER) {
        const properties = {
          contentType: 'application/vnd.tallyboard',
          messageId: 'x',
          headers: { format: 2 },
        };
        await leaveMessage(url, properties);
        return [];
      }
      const file = join(await temporaryFolder(), 'events.db');
      const store = await openStore(url);
      await exportTo(store, 'sqlite', file);
      await store.close();
      const database = new Database(file);
      const rows = database.prepare(question).all();
      database.close();
      return rows as object[];
    },
  },
  describeLog,
);
