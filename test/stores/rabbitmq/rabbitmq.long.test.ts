import { rabbitmq } from '../../../src/bench/servers/rabbitmq.js';
import { describeEngine } from '../shared/engine-tests.js';
import { RABBITMQ, RABBITMQ_MISSING } from './server.js';

describeEngine('RabbitMQ', RABBITMQ_MISSING, rabbitmq(), RABBITMQ);
