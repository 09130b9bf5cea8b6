import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestCommand } from '../../src/cli/ask/digest.js';
import { readConfig } from '../../src/cli/terminal/config.js';
import { Model } from '../../src/contract/model.js';
import type { ContactEvent } from '../../src/domain/contact.js';
import { DAY, HOUR, MINUTE, parseInstant } from '../../src/domain/time.js';
import { startTestServer, type TestServer } from '../http/support.js';
import { followup, initial } from '../transfer/support.js';
import { run } from './running.js';

const NOW = parseInstant('2017-11-09 07:00:00.000000')!;
const TOKEN = 'a-token-of-the-dashboard';

/** Forty contacts on each of sixty days, but on the last of them, a Wednesday, eighty. */
function events(): ContactEvent[] {
  const midnight = Math.floor(NOW / DAY) * DAY;
  return Array.from({ length: 60 }, (_, day) => day + 1).flatMap((day) =>
    Array.from({ length: day === 1 ? 80 : 40 }, (_, contact) => {
      const at = midnight - day * DAY + 8 * HOUR + contact * MINUTE;
      const uuid = day * 1000 + contact;
      const symbol = contact < 20 ? 't' : 'e';
      const opened = initial(uuid, at, { symbol, isVowel: symbol === 'e' });
      return contact % 10 === 0 ? [opened, followup(uuid, at + MINUTE, { id: at + 1 })] : [opened];
    }).flat(),
  );
}

describe('digest', () => {
  let server: TestServer;
  beforeAll(async () => {
    const store = new Model();
    await store.append(events());
    server = await startTestServer({ store, now: () => NOW, tokens: { dashboard: TOKEN } });
  });
  afterAll(() => server.stop());

  const digest = async (values: Record<string, string>) => {
    const { code, stdout } = await run(digestCommand, { url: server.url, dashboardToken: TOKEN, ...values });
    expect(code).toBe(0);
    return stdout.replaceAll(server.url, 'http://server');
  };

  it('tells what yesterday was beside what is usual, and which symbols changed beyond chance', async () => {
    expect(await digest({})).toMatchInlineSnapshot(`
      "Yesterday: 80 contacts, 100 % more than usual on Wednesdays (about 40); 10.0 % went on, as usual.
      Wed 8 Nov 2017, UTC, against Wed 1 Nov 2017

      Symbol  Contacts  Followups    Rate  95 % interval    Change
      e             60          6  10.0 %   4.7 – 20.1 %  +200 % *
      t             20          2  10.0 %   2.8 – 30.1 %  ±0.0 %
      all           80          8  10.0 %   5.2 – 18.5 %

      * beyond chance by a Poisson test, 95 % for all symbols together

      http://server/?from=2017-11-08T00%3A00&to=2017-11-09T00%3A00&tz=UTC
      "
    `);
  });

  it('is a document for mail as well', async () => {
    const html = await digest({ format: 'html' });
    expect(html).toMatch(
      /<p[^>]*>Yesterday: <b>80 contacts<\/b>, <b title="[^"]*Student&#39;s t\)" style="color:#[0-9a-f]+">100 % more<\/b> than usual on Wednesdays/,
    );
    expect(html.match(/<tr>/g)).toHaveLength(4);
    expect(html).toContain(
      '<a href="http://server/?from=2017-11-08T00%3A00&#38;to=2017-11-09T00%3A00&#38;tz=UTC">',
    );
  });

  it.each([
    ['today', 'Today so far: 0 contacts, as usual on Thursdays by this time.'],
    ['last-week', 'Last week: 280 contacts, as usual for such a period; 10.0 % went on, as usual.'],
    ['last-month', 'Last month: 1,240 contacts; 10.0 % went on.'],
    ['2017-11-07', 'Tue 7 Nov 2017: 40 contacts, as usual on Tuesdays; 10.0 % went on, as usual.'],
    [
      '2017-11-01/2017-11-03',
      '1 Nov – 2 Nov 2017: 80 contacts, as usual for such a period; 10.0 % went on, as usual.',
    ],
    ['2017-01-01', 'Sun 1 Jan 2017: 0 contacts.'],
    ['1700-01-01', 'Fri 1 Jan 1700: 0 contacts.'],
    ['2249-12-31', 'Mon 31 Dec 2249 so far: 0 contacts, as usual on Mondays by this time.'],
  ])('of %s', async (period, sentence) => {
    expect((await digest({ period })).split('\n')[0]).toBe(sentence);
  });

  it('begins days by the clocks of a zone', async () => {
    const lines = (await digest({ tz: 'Asia/Kathmandu' })).split('\n');
    expect(lines[1]).toBe('Wed 8 Nov 2017, Asia/Kathmandu (UTC+5:45), against Wed 1 Nov 2017');
  });

  it.each([
    [
      { period: 'yesterdya' },
      "'yesterdya' is no period: write today, yesterday,",
      '(did you mean yesterday?)',
    ],
    [{ period: '2017-02-30' }, "'2017-02-30' is no period"],
    [{ period: '2017-11-02/2017-11-01' }, "'2017-11-02/2017-11-01' is no period"],
    [{ period: '2017-11-01/2017-11-02/2017-11-03' }, "'2017-11-01/2017-11-02/2017-11-03' is no period"],
    [{ period: '2017-11-01/x' }, "'2017-11-01/x' is no period"],
    [{ period: 'constructor' }, "'constructor' is no period"],
    [{ period: '__proto__' }, "'__proto__' is no period"],
    [{ period: '9999-12-31' }, "'9999-12-31' is no period"],
    [{ period: '2017-11-01/9999-12-31' }, "'2017-11-01/9999-12-31' is no period", 'to 2250-01-01'],
    [{ period: '1699-12-31' }, "'1699-12-31' is no period", 'from 1700-01-01'],
    [{ tz: 'Mars/Olympus' }, "'Mars/Olympus' is no time zone"],
  ])('refuses %j', (given, ...words) => {
    const read = () => readConfig(digestCommand, [digestCommand], given, {});
    for (const word of words) expect(read).toThrow(word);
  });

  it('says that a token is asked for, and where nobody answers', async () => {
    const without = run(digestCommand, { url: server.url });
    await expect(without).rejects.toMatchObject({
      code: 'TOKEN_MISSING',
      message: expect.stringContaining('TALLYBOARD_DASHBOARD_TOKEN'),
    });
    await expect(run(digestCommand, { url: 'http://127.0.0.1:9' })).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
    });
    await expect(run(digestCommand, { url: `${server.url}/below` })).rejects.toThrow(/answers 404/);
  });
});
