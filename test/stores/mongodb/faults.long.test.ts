import { describeEngineFaults } from '../shared/engine-tests.js';
import { MONGODB_MISSING, MONGODB_NAME, mongodb } from './server.js';

describeEngineFaults(MONGODB_NAME, MONGODB_MISSING, mongodb(), {
  nameOption: 'prefix',
  isDurable: false,
});
