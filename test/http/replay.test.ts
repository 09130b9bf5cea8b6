import { FORM, JSON_REPLY, type Row, runTable, uuid } from './table.js';

const REPLAYED = { 'idempotent-replayed': 'true' };

const rows: Row[] = [
  {
    name: 'a repeated initial is answered as the first was, and kept as a replay',
    after: [{ path: `/initial?uuid=${uuid(1)}&symbol=e` }],
    call: { path: `/initial?uuid=${uuid(1)}&symbol=e` },
    status: 200,
    body: 'True',
    headers: REPLAYED,
    stored: [{ kind: 'initial', uuid: uuid(1), isVowel: true, replay: true }],
  },
  {
    name: 'and again',
    call: { path: `/initial?uuid=${uuid(1)}&symbol=e` },
    status: 200,
    body: 'True',
    headers: REPLAYED,
    stored: [{ kind: 'initial', uuid: uuid(1), replay: true }],
  },
  {
    name: 'a uuid in another case is the same contact',
    after: [{ path: `/initial?uuid=${uuid(0xabc)}&symbol=t` }],
    call: { path: `/initial?uuid=${uuid(0xabc).toUpperCase()}&symbol=t` },
    status: 200,
    body: 'False',
    headers: REPLAYED,
    stored: [{ uuid: uuid(0xabc), replay: true }],
  },
  {
    name: 'from the query at first, from a form then',
    after: [{ path: `/initial?uuid=${uuid(2)}&symbol=e` }],
    call: { path: '/initial', headers: FORM, body: `symbol=e&uuid=${uuid(2)}` },
    status: 200,
    body: 'True',
    headers: REPLAYED,
    stored: [{ uuid: uuid(2), replay: true }],
  },
  {
    name: 'a repeated initial in JSON says so in the body, too',
    after: [{ path: `/initial?uuid=${uuid(3)}&symbol=e` }],
    call: { path: `/initial?uuid=${uuid(3)}&symbol=e`, headers: JSON_REPLY },
    status: 200,
    body: { uuid: uuid(3), symbol: 'e', isVowel: true, replayed: true },
    headers: REPLAYED,
    stored: [{ uuid: uuid(3), replay: true }],
  },
  {
    name: 'a repeated followup',
    after: [{ path: `/followup?uuid=${uuid(4)}` }],
    call: { path: `/followup?uuid=${uuid(4)}` },
    status: 200,
    body: 'hooray',
    headers: REPLAYED,
    stored: [{ kind: 'followup', uuid: uuid(4), replay: true }],
  },
  {
    name: 'a repeated followup in JSON',
    call: { path: `/followup?uuid=${uuid(4)}`, headers: JSON_REPLY },
    status: 200,
    body: { uuid: uuid(4), replayed: true },
    headers: REPLAYED,
    stored: [{ kind: 'followup', uuid: uuid(4), replay: true }],
  },
  {
    name: 'replays change no tally',
    call: { method: 'GET', path: '/dashboard/symbol/t' },
    status: 200,
    body: {
      count: 1,
      symbol: 't',
      earliest: '2017-06-28 19:34:17.486693',
      latest: '2017-06-28 19:34:17.486693',
      followups: 0,
    },
    stored: [],
  },
];

runTable('replay', rows);
