import { describeDocumentEngine } from '../shared/document-tests.js';
import { describeEngine } from '../shared/engine-tests.js';
import { askMongoDb, MONGODB_MISSING, MONGODB_NAME, mongodb } from './server.js';

const server = mongodb();

describeEngine(MONGODB_NAME, MONGODB_MISSING, server, {
  nameOption: 'prefix',
  page: 'mongodb.md',
  setFormat: "db.tally_notes.updateOne({ _id: 'format' }, { $set: { value: '2' } })",
  loss: null,
  ask: askMongoDb,
});
describeDocumentEngine(MONGODB_NAME, MONGODB_MISSING, server, 'prefix');
