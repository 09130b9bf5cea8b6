import { LIMITS } from '../../src/http/sockets/limits.js';
import { type Call, FORM, JSON_BODY, type Row, runTable, uuid } from './table.js';

const U = uuid(1);

function refused(name: string, call: Call, status: number, code: string, more: Partial<Row> = {}): Row {
  return { name, call, status, code, stored: [], ...more };
}
const initial = (query: string): Call => ({ path: `/initial${query}` });
const json = (body: string): Call => ({ path: '/initial', headers: JSON_BODY, body });
const form = (body: string): Call => ({ path: '/initial', headers: FORM, body });
const get = (path: string): Call => ({ method: 'GET', path });

runTable('invalid: fields', [
  refused('no field at all', initial(''), 400, 'UUID_MISSING'),
  refused('an empty query', initial('?'), 400, 'UUID_MISSING'),
  refused('no uuid', initial('?symbol=e'), 400, 'UUID_MISSING', { detail: /add \?uuid=/ }),
  refused('no symbol', initial(`?uuid=${U}`), 400, 'SYMBOL_MISSING'),
  refused('an empty uuid', initial('?uuid=&symbol=e'), 400, 'UUID_INVALID'),
  refused('an empty symbol', initial(`?uuid=${U}&symbol=`), 400, 'SYMBOL_INVALID'),
  refused('a followup without uuid', { path: '/followup' }, 400, 'UUID_MISSING'),
  refused('a followup with a bad uuid', { path: '/followup?uuid=1' }, 400, 'UUID_INVALID'),
  ...[
    'x',
    'e'.repeat(36),
    U.replaceAll('-', ''),
    `{${U}}`,
    `urn:uuid:${U}`,
    `${U}0`,
    `${U}%0A`,
    `%20${U}`,
    U.replace('0', 'g'),
    '%00',
    '%zz',
    '%c0%af',
    '__proto__',
    '%EF%BC%90'.repeat(36),
    'x'.repeat(1900),
  ].map((text, index) =>
    refused(
      `no uuid: ${index} ${text.slice(0, 50)}`,
      initial(`?uuid=${text}&symbol=e`),
      400,
      'UUID_INVALID',
      {
        detail: /is not a UUID: write 8-4-4-4-12 hexadecimal digits/,
      },
    ),
  ),
  ...['E', 'ee', '1', '%20', 'e%20', '%00', '%zz', '%C3%A9', 'é', '{', '`', '+', '%c0%af'].map((text) =>
    refused(`no symbol: ${text}`, initial(`?uuid=${U}&symbol=${encodeURI(text)}`), 400, 'SYMBOL_INVALID', {
      detail: /is not a symbol: write one letter a to z, in lower case/,
    }),
  ),
  refused('uuid twice', initial(`?uuid=${U}&uuid=${U}&symbol=e`), 400, 'FIELD_REPEATED'),
  refused('symbol twice', initial(`?uuid=${U}&symbol=e&symbol=e`), 400, 'FIELD_REPEATED'),
  refused('symbol twice in a form', form(`uuid=${U}&symbol=e&symbol=e`), 400, 'FIELD_REPEATED'),
  refused(
    'another symbol in the body',
    { path: `/initial?uuid=${U}&symbol=e`, headers: FORM, body: 'symbol=a' },
    400,
    'FIELD_REPEATED',
    { detail: /'symbol' is 'e' in the query and 'a' in the body/ },
  ),
  refused(
    'another uuid in the body',
    {
      path: `/initial?uuid=${U}&symbol=e`,
      headers: JSON_BODY,
      body: JSON.stringify({ uuid: uuid(2) }),
    },
    400,
    'FIELD_REPEATED',
  ),
  refused(
    'a symbol in another case in the body is another one',
    { path: `/initial?uuid=${U}&symbol=e`, headers: FORM, body: 'symbol=E' },
    400,
    'FIELD_REPEATED',
  ),
]);

runTable('invalid: bodies', [
  ...['{', '"', 'nul', '{"uuid":}', `{"uuid":"${U}",}`, '\u0000', '\uFEFF{}', 'uuid=1', ' '].map((body) =>
    refused(`no JSON: ${JSON.stringify(body)}`, json(body), 400, 'BODY_INVALID', { detail: /is not JSON/ }),
  ),
  ...['null', '1', '"text"', 'true', '[]', `[{"uuid":"${U}"}]`].map((body) =>
    refused(`no object: ${body}`, json(body), 400, 'BODY_INVALID', { detail: /not an object/ }),
  ),
  ...['1', 'null', 'true', '[]', `["${U}"]`, '{}'].map((value) =>
    refused(
      `a uuid that is no text: ${value}`,
      json(`{"uuid":${value},"symbol":"e"}`),
      400,
      'FIELD_INVALID',
      {
        detail: /'uuid' in the body is not text/,
      },
    ),
  ),
  refused('a symbol that is no text', json(`{"uuid":"${U}","symbol":["e"]}`), 400, 'FIELD_INVALID'),
  refused(
    'a followup with a number',
    { path: '/followup', headers: JSON_BODY, body: '{"uuid":1}' },
    400,
    'FIELD_INVALID',
  ),
  refused('fields behind __proto__', json(`{"__proto__":{"uuid":"${U}","symbol":"e"}}`), 400, 'UUID_MISSING'),
  refused('a bad uuid in JSON', json('{"uuid":"x","symbol":"e"}'), 400, 'UUID_INVALID'),
  refused('a bad symbol in JSON', json(`{"uuid":"${U}","symbol":"E"}`), 400, 'SYMBOL_INVALID'),
  refused('an empty object', json('{}'), 400, 'UUID_MISSING'),
  ...['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'x', 'application/json+x'].map(
    (type) =>
      refused(
        `the media type ${type}`,
        { path: `/initial?uuid=${U}&symbol=e`, headers: { 'content-type': type }, body: `uuid=${U}` },
        415,
        'MEDIA_TYPE_UNSUPPORTED',
      ),
  ),
  refused(
    'a body without a media type',
    { path: `/initial?uuid=${U}&symbol=e`, body: `uuid=${U}` },
    415,
    'MEDIA_TYPE_UNSUPPORTED',
  ),
  ...['gzip', 'br', 'GZIP', 'identity, gzip', 'identity;q=1', 'x', 'chunked'].flatMap((coding) =>
    [
      { headers: FORM, body: 'symbol=e' },
      { headers: JSON_BODY, body: '{"symbol":"e"}' },
    ].map(({ headers, body }) =>
      refused(
        `the coding ${coding} of ${body}`,
        {
          path: `/initial?uuid=${U}&symbol=e`,
          headers: { ...headers, 'content-encoding': coding },
          body,
        },
        415,
        'ENCODING_UNSUPPORTED',
        { detail: /send it as it is, without Content-Encoding/, headers: { 'accept-encoding': 'identity' } },
      ),
    ),
  ),
  refused('too large a form', form(`uuid=${'x'.repeat(LIMITS.bodyBytesMax)}`), 413, 'BODY_TOO_LARGE'),
  refused('a very large JSON body', json(`"${'x'.repeat(1 << 20)}"`), 413, 'BODY_TOO_LARGE'),
  refused(
    'the largest body that is read',
    json(`"${'x'.repeat(LIMITS.bodyBytesMax - 2)}"`),
    400,
    'BODY_INVALID',
  ),
]);

runTable('invalid: paths and methods', [
  refused('the root', get('/'), 404, 'NOT_FOUND'),
  refused('another path', get('/dashboard'), 404, 'NOT_FOUND'),
  refused('a path that ends too early', get('/dashboard/range/2017-06-28'), 404, 'NOT_FOUND'),
  refused('a trailing slash', { path: '/initial/' }, 404, 'NOT_FOUND'),
  refused('a path in another case', { path: '/Initial' }, 404, 'NOT_FOUND'),
  refused(
    'an unknown path is unknown whatever its body',
    { path: '/nothing', headers: JSON_BODY, body: '{' },
    404,
    'NOT_FOUND',
  ),
  ...['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'].map((method) =>
    refused(
      `${method} /initial`,
      { method, path: `/initial?uuid=${U}&symbol=e` },
      405,
      'METHOD_NOT_ALLOWED',
      {
        headers: { allow: 'POST' },
      },
    ),
  ),
  refused('POST to a dashboard', { path: '/dashboard/symbol/e' }, 405, 'METHOD_NOT_ALLOWED', {
    headers: { allow: 'GET, HEAD' },
  }),
  refused(
    'OPTIONS of a range',
    { method: 'OPTIONS', path: '/dashboard/range/a/b?x' },
    405,
    'METHOD_NOT_ALLOWED',
    {
      headers: { allow: 'GET, HEAD' },
    },
  ),
  refused('DELETE /openapi.json', { method: 'DELETE', path: '/openapi.json' }, 405, 'METHOD_NOT_ALLOWED'),
  refused('not a file next to it', get('/openapiXjson'), 404, 'NOT_FOUND'),
  {
    name: 'HEAD of an endpoint that takes POST only',
    call: { method: 'HEAD', path: '/initial' },
    status: 405,
    body: '',
    headers: { allow: 'POST', 'content-type': 'application/problem+json' },
    stored: [],
  },
  refused('a path that cannot be decoded', get('/dashboard/symbol/%zz'), 400, 'URL_INVALID'),
  refused('an overlong encoding', get('/dashboard/symbol/%c0%af'), 400, 'URL_INVALID'),
  refused('a URL beyond the limit', initial(`?x=${'x'.repeat(LIMITS.urlBytesMax)}`), 414, 'URL_TOO_LONG'),
  refused(
    'a long path parameter',
    get(`/dashboard/symbol/${'x'.repeat(LIMITS.urlBytesMax)}`),
    414,
    'URL_TOO_LONG',
  ),
  refused('a long unknown path', get(`/${'x'.repeat(LIMITS.urlBytesMax)}`), 414, 'URL_TOO_LONG'),
  refused(
    'a long path parameter within the limit',
    get(`/dashboard/symbol/${'x'.repeat(1500)}`),
    400,
    'SYMBOL_INVALID',
  ),
]);

/** A range, or a question with it. */
const ranges = (lower: string, upper: string): string[] => [
  ...['range', 'summary', 'guesses'].map((name) => `/dashboard/${name}/${lower}/${upper}`),
  `/dashboard/series/${lower}/${upper}?every=day`,
  `/events?from=${lower}&to=${upper}`,
];

runTable('invalid: a + that is a space or an offset', [
  ...[
    ...ranges('2024-03-10+10:30', '2024-03-11'),
    ...ranges('2024-03-10', '2024-03-11+10:30'),
    ...['+10:30:00', '+1030', '+10:30Z', '+10:30+05:30', '+10%3A30', '+10:30%2B05:30'].flatMap((rest) =>
      ranges(`2024%2D03-10${rest}`, '2024-03-12'),
    ),
    '/events?fr%6Fm=2024-03-10+10:30',
    '/events?to=2024-03-10+10:30',
  ].map((path) =>
    refused(path, get(path), 400, 'BOUND_INVALID', {
      detail: /two ways.*2024-03-1\d%20\d\d:30 for the time of day, or 2024-03-1\d%2B\d\d:30/,
    }),
  ),
  refused('two of them', get('/events?from=2024-03-10+10:30&from=2024-03-11+10:30'), 400, 'FIELD_REPEATED'),
  ...['+', '+a', '++10:30', '%20+10:30', 'T10+30', '%2B10:30+', '%2B10:30+05:30'].map((rest) =>
    refused(`no bound: ${rest}`, get(`/dashboard/range/2024-03-10${rest}/2024-03-12`), 400, 'BOUND_INVALID', {
      detail: /is not a bound/,
    }),
  ),
]);

runTable('invalid: dashboards', [
  ...['E', 'ee', '1', '%C3%A9', '%00', '%2F', '.', '%25', ''].map((symbol) =>
    refused(`the symbol '${symbol}'`, get(`/dashboard/symbol/${symbol}`), 400, 'SYMBOL_INVALID'),
  ),
  refused('no bound', get('/dashboard/range/yesterday/2017-06-30'), 400, 'BOUND_INVALID'),
  refused('an empty bound', get('/dashboard/range/2017-06-28/'), 400, 'BOUND_INVALID'),
  refused('a day that does not exist', get('/dashboard/range/2017-06-28/2017-06-31'), 400, 'BOUND_INVALID'),
  refused('seconds', get('/dashboard/range/2017-06-28T10:30:01/2017-06-30'), 400, 'BOUND_TOO_FINE'),
  refused(
    'the bounds the wrong way round',
    get('/dashboard/range/2017-06-30/2017-06-28'),
    400,
    'RANGE_REVERSED',
  ),
  refused('an unknown zone', get('/dashboard/range/2017-06-28/2017-06-30?tz=Mars/Base'), 400, 'ZONE_UNKNOWN'),
  refused(
    'a zone of three letters',
    get('/dashboard/range/2017-06-28/2017-06-30?tz=PST'),
    400,
    'ZONE_UNKNOWN',
  ),
  refused('an empty zone', get('/dashboard/range/2017-06-28/2017-06-30?tz='), 400, 'ZONE_UNKNOWN'),
  refused('two zones', get('/dashboard/range/2017-06-28/2017-06-30?tz=UTC&tz=UTC'), 400, 'FIELD_REPEATED'),
  refused('a long bound', get(`/dashboard/range/${'2'.repeat(1500)}/2017-06-30`), 400, 'BOUND_INVALID'),
]);
