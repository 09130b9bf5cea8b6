import { expect } from 'vitest';
import { SYMBOLS } from '../../src/domain/contact.js';
import { FORM, JSON_BODY, JSON_REPLY, type Row, runTable, uuid } from './table.js';

const TEXT = { 'content-type': 'text/plain; charset=utf-8', 'idempotent-replayed': null };
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

const initials: Row[] = [
  {
    name: 'an initial in the query, as the original client sends it',
    call: { path: `/initial?uuid=${uuid(1)}&symbol=e` },
    status: 200,
    body: 'True',
    headers: { ...TEXT, 'content-length': '4' },
    stored: [{ kind: 'initial', uuid: uuid(1), symbol: 'e', isVowel: true, replay: false }],
  },
  {
    name: 'a consonant is answered False',
    call: { path: `/initial?uuid=${uuid(2)}&symbol=k` },
    status: 200,
    body: 'False',
    headers: { ...TEXT, 'content-length': '5' },
    stored: [{ kind: 'initial', uuid: uuid(2), symbol: 'k', isVowel: false, replay: false }],
  },
  {
    name: 'y is answered by the random source',
    call: { path: `/initial?symbol=y&uuid=${uuid(3)}` },
    status: 200,
    body: 'True',
    stored: [{ symbol: 'y', isVowel: true }],
  },
  {
    name: 'an initial as a form',
    call: { path: '/initial', headers: FORM, body: `uuid=${uuid(4)}&symbol=a` },
    status: 200,
    body: 'True',
    stored: [{ kind: 'initial', uuid: uuid(4), symbol: 'a' }],
  },
  {
    name: 'an initial as JSON',
    call: { path: '/initial', headers: JSON_BODY, body: JSON.stringify({ uuid: uuid(5), symbol: 'z' }) },
    status: 200,
    body: 'False',
    stored: [{ kind: 'initial', uuid: uuid(5), symbol: 'z' }],
  },
  {
    name: 'the type of a JSON body may carry a charset, in any case',
    call: {
      path: '/initial',
      headers: { 'content-type': 'Application/JSON; charset=UTF-8' },
      body: JSON.stringify({ uuid: uuid(6), symbol: 'z' }),
    },
    status: 200,
    stored: [{ uuid: uuid(6) }],
  },
  {
    name: 'one field in the query, the other in the body',
    call: { path: `/initial?uuid=${uuid(7)}`, headers: FORM, body: 'symbol=o' },
    status: 200,
    body: 'True',
    stored: [{ uuid: uuid(7), symbol: 'o' }],
  },
  {
    name: 'the same value in the query and in the body, the uuid in another case',
    call: {
      path: `/initial?uuid=${uuid(0xabc)}&symbol=o`,
      headers: JSON_BODY,
      body: JSON.stringify({ uuid: uuid(0xabc).toUpperCase(), symbol: 'o' }),
    },
    status: 200,
    stored: [{ uuid: uuid(0xabc), symbol: 'o' }],
  },
  {
    name: 'an upper-case uuid is stored and shown in lower case',
    call: { path: `/initial?uuid=${uuid(0xabcdef).toUpperCase()}&symbol=e`, headers: JSON_REPLY },
    status: 200,
    body: { uuid: uuid(0xabcdef), symbol: 'e', isVowel: true, replayed: false },
    headers: { ...JSON_TYPE, 'idempotent-replayed': null },
    stored: [{ uuid: uuid(0xabcdef) }],
  },
  {
    name: 'an empty form counts as no body',
    call: { path: `/initial?uuid=${uuid(9)}&symbol=e`, headers: FORM, body: '' },
    status: 200,
    stored: [{ uuid: uuid(9) }],
  },
  {
    name: 'an empty JSON body counts as no body',
    call: { path: `/initial?uuid=${uuid(10)}&symbol=e`, headers: JSON_BODY, body: '' },
    status: 200,
    stored: [{ uuid: uuid(10) }],
  },
  ...['text/plain;charset=UTF-8', 'application/xml', 'multipart/form-data; boundary=x', 'x', ';', ''].map(
    (type, index) => ({
      name: `an empty body is no body, whatever its type: '${type}'`,
      call: {
        path: `/initial?uuid=${uuid(400 + index)}&symbol=e`,
        headers: { 'content-type': type },
        body: '',
      },
      status: 200,
      stored: [{ uuid: uuid(400 + index) }],
    }),
  ),
  ...['identity', 'Identity, identity', ''].map((coding, index) => ({
    name: `a body that is sent as it is, and says so: '${coding}'`,
    call: {
      path: `/initial?uuid=${uuid(420 + index)}`,
      headers: { ...FORM, 'content-encoding': coding },
      body: 'symbol=e',
    },
    status: 200,
    stored: [{ uuid: uuid(420 + index) }],
  })),
  {
    name: 'the coding of no body is of no matter',
    call: {
      path: `/initial?uuid=${uuid(430)}&symbol=e`,
      headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' },
      body: '',
    },
    status: 200,
    stored: [{ uuid: uuid(430) }],
  },
  {
    name: 'further fields are ignored, whatever they are',
    call: {
      path: `/initial?uuid=${uuid(11)}&symbol=e&x=1&x=2&__proto__=3&%zz=%00`,
      headers: JSON_BODY,
      body: '{"__proto__":{"uuid":"x"},"constructor":{"prototype":{"symbol":"x"}},"more":[1,2]}',
    },
    status: 200,
    stored: [{ uuid: uuid(11), symbol: 'e' }],
  },
  {
    name: 'percent-encoding is read',
    call: { path: `/initial?uuid=${uuid(12).replaceAll('-', '%2D')}&symbol=%65` },
    status: 200,
    stored: [{ uuid: uuid(12), symbol: 'e' }],
  },
  {
    name: 'every version of UUID, the nil uuid too',
    call: { path: '/initial?uuid=00000000-0000-0000-0000-000000000000&symbol=e' },
    status: 200,
    stored: [{ uuid: '00000000-0000-0000-0000-000000000000' }],
  },
  ...SYMBOLS.map((symbol, index) => ({
    name: `the symbol ${symbol}`,
    call: { path: `/initial?uuid=${uuid(100 + index)}&symbol=${symbol}` },
    status: 200,
    stored: [{ uuid: uuid(100 + index), symbol }],
  })),
];

const accepts: Row[] = (
  [
    ['*/*', 'text/plain; charset=utf-8'],
    ['text/plain', 'text/plain; charset=utf-8'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'text/plain; charset=utf-8'],
    ['image/png', 'text/plain; charset=utf-8'],
    ['application/json;q=0.1, text/plain', 'text/plain; charset=utf-8'],
    [';;;,,q=', 'text/plain; charset=utf-8'],
    ['application/json', 'application/json; charset=utf-8'],
    ['application/*', 'application/json; charset=utf-8'],
    ['application/json, text/plain, */*', 'application/json; charset=utf-8'],
  ] as const
).map(([accept, type], index) => ({
  name: `Accept: ${accept} is answered as ${type}`,
  call: { path: `/followup?uuid=${uuid(200 + index)}`, headers: { accept } },
  status: 200,
  headers: { 'content-type': type },
  stored: [{ uuid: uuid(200 + index) }],
}));

const followups: Row[] = [
  {
    name: 'a followup of its initial',
    after: [{ path: `/initial?uuid=${uuid(300)}&symbol=q` }],
    call: { path: `/followup?uuid=${uuid(300)}` },
    status: 200,
    body: 'hooray',
    headers: { ...TEXT, 'content-length': '6' },
    stored: [{ kind: 'followup', uuid: uuid(300), replay: false }],
  },
  {
    name: 'a followup that comes before its initial',
    call: { path: `/followup?uuid=${uuid(301)}` },
    status: 200,
    body: 'hooray',
    stored: [{ kind: 'followup', uuid: uuid(301), replay: false }],
  },
  {
    name: 'the initial that comes after its followup',
    call: { path: `/initial?uuid=${uuid(301)}&symbol=q` },
    status: 200,
    body: 'False',
    headers: { 'idempotent-replayed': null },
    stored: [{ kind: 'initial', uuid: uuid(301), replay: false }],
  },
  {
    name: 'a followup as a form',
    call: { path: '/followup', headers: FORM, body: `uuid=${uuid(302)}` },
    status: 200,
    body: 'hooray',
    stored: [{ kind: 'followup', uuid: uuid(302) }],
  },
  {
    name: 'a followup as JSON, answered in JSON',
    call: {
      path: '/followup',
      headers: { ...JSON_BODY, ...JSON_REPLY },
      body: JSON.stringify({ uuid: uuid(303) }),
    },
    status: 200,
    body: { uuid: uuid(303), replayed: false },
    headers: JSON_TYPE,
    stored: [{ kind: 'followup', uuid: uuid(303) }],
  },
  {
    name: 'a symbol with a followup is a further field, and ignored',
    call: { path: `/followup?uuid=${uuid(304)}&symbol=%41%41` },
    status: 200,
    stored: [{ kind: 'followup', uuid: uuid(304) }],
  },
];

/** Each way to write a bound, and the instant that it is. */
const bounds: Row[] = (
  [
    ['2024-03-10%2010:30', '10 10:30'],
    ['2024-03-10%2B10:30', '09 13:30'],
    ['2024-03-10T10:30%2B05:30', '10 05:00'],
    // After a time of day a + can be an offset's only, wherever it stands.
    ['2024-03-10T10:30+05:30', '10 05:00'],
    ['2024-03-10T10:30:00+00:00', '10 10:30'],
    ['2024-03-10%2010:30+0530', '10 05:00'],
    ['2024-03-10-05:30', '10 05:30'],
  ] as const
).flatMap(([bound, instant]) => {
  const answer = {
    status: 200,
    stored: [],
    body: expect.objectContaining({ lower: `2024-03-${instant}:00.000000` }) as object,
  };
  const name = instant.replace(' ', 'T').replace(':', '');
  return [
    {
      name: `the bound ${bound} in a path`,
      call: { method: 'GET', path: `/dashboard/summary/${bound}/2024-03-12` },
      ...answer,
    },
    {
      name: `the bound ${bound} in a query`,
      call: { method: 'GET', path: `/events?from=${bound}` },
      status: 200,
      headers: {
        'content-disposition': `attachment; filename="tallyboard-events-from-2024-03-${name}Z.ndjson"`,
      },
      stored: [],
    },
  ];
});

const zones: Row[] = ['Etc/GMT%2B5', 'Etc/GMT+5'].map((tz) => ({
  name: `the zone ${tz}`,
  call: { method: 'GET', path: `/dashboard/series/2024-03-10/2024-03-11?every=day&tz=${tz}` },
  status: 200,
  body: expect.objectContaining({ lower: '2024-03-10 05:00:00.000000', tz: 'Etc/GMT+5' }) as object,
  stored: [],
}));

runTable('valid: bounds', [...bounds, ...zones]);
runTable('valid: initials', initials);
runTable('valid: what is accepted', accepts);
runTable('valid: followups', followups);
