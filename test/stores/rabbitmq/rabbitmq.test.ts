import { rabbitmq } from '../../../src/bench/servers/rabbitmq.js';
import { describeEngine, RACES } from '../shared/engine-tests.js';
import { describeLog } from './log-tests.js';
import { RABBITMQ, RABBITMQ_MISSING } from './server.js';

describeEngine('RabbitMQ', RABBITMQ_MISSING, rabbitmq(), { ...RABBITMQ, cases: RACES }, describeLog);
