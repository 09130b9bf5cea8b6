import { describeDocumentEngine } from '../shared/document-tests.js';
import { MONGODB_MISSING, MONGODB_NAME, mongodb } from './server.js';

describeDocumentEngine(MONGODB_NAME, MONGODB_MISSING, mongodb(), 'prefix');
