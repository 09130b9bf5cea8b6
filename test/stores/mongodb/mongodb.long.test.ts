import { describeEngine } from '../shared/engine-tests.js';
import { askMongoDb, MONGODB_MISSING, MONGODB_NAME, mongodb } from './server.js';

describeEngine(MONGODB_NAME, MONGODB_MISSING, mongodb(), {
  nameOption: 'prefix',
  page: 'mongodb.md',
  setFormat: "db.tally_notes.updateOne({ _id: 'format' }, { $set: { value: '2' } })",
  loss: null,
  ask: askMongoDb,
});
