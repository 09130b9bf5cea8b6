import { FORM, JSON_BODY, JSON_REPLY, type Row, runTable, uuid } from './table.js';

const CONFLICT = { status: 409, code: 'SYMBOL_CONFLICT', stored: [] };

const rows: Row[] = [
  {
    name: 'an initial whose uuid has another symbol',
    after: [{ path: `/initial?uuid=${uuid(1)}&symbol=e` }],
    call: { path: `/initial?uuid=${uuid(1)}&symbol=a` },
    ...CONFLICT,
    detail: /has the symbol 'e' already, not 'a'/,
    headers: { 'idempotent-replayed': null },
  },
  {
    name: 'as a form',
    call: { path: '/initial', headers: FORM, body: `uuid=${uuid(1)}&symbol=a` },
    ...CONFLICT,
  },
  {
    name: 'as JSON, where the problem is a problem document whatever is accepted',
    call: {
      path: '/initial',
      headers: { ...JSON_BODY, ...JSON_REPLY },
      body: JSON.stringify({ uuid: uuid(1).toUpperCase(), symbol: 'a' }),
    },
    ...CONFLICT,
  },
  {
    name: 'the first symbol is still the one: its initial is a replay',
    call: { path: `/initial?uuid=${uuid(1)}&symbol=e` },
    status: 200,
    body: 'True',
    headers: { 'idempotent-replayed': 'true' },
    stored: [{ uuid: uuid(1), symbol: 'e', replay: true }],
  },
  {
    name: 'a followup in between changes nothing about it',
    after: [{ path: `/followup?uuid=${uuid(1)}` }],
    call: { path: `/initial?uuid=${uuid(1)}&symbol=i` },
    ...CONFLICT,
  },
  {
    name: 'a followup that came first leaves the symbol open',
    after: [{ path: `/followup?uuid=${uuid(2)}` }],
    call: { path: `/initial?uuid=${uuid(2)}&symbol=i` },
    status: 200,
    body: 'True',
    stored: [{ uuid: uuid(2), symbol: 'i', replay: false }],
  },
  {
    name: 'the refused symbols have no tally',
    call: { method: 'GET', path: '/dashboard/symbol/a' },
    status: 200,
    body: { count: 0, symbol: 'a', earliest: null, latest: null, followups: 0 },
    stored: [],
  },
];

runTable('conflict', rows);
