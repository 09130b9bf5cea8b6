import type { ComponentChildren } from 'preact';
import type { GuessRow } from '../../src/http/routes/dashboard-schemas.js';
import { counted, growthText, instant, interval, number, percent, signed } from '../../src/reading/format.js';
import { isPartial } from '../../src/reading/ranges.js';
import { countsApart, rateOf, sharesApart } from '../../src/reading/statistics.js';
import type { Numbers } from '../data/data.js';
import { oldestAt } from '../live/live.js';
import { state } from '../state.js';
import { Change } from './change.js';
import { Integrity } from './integrity.js';

type Letters = GuessRow['letters'];

/** The numbers that are asked for most. */
export function Cards({ shown }: { shown: Numbers }) {
  const { summary, symbol } = shown;
  const rate = rateOf(summary.followups, summary.contacts);
  return (
    <section
      class={`panel cards ${symbol === undefined ? '' : 'of-symbol'}`}
      aria-label="Numbers of the range"
    >
      <Card title="Contacts" value={number(summary.contacts)}>
        <Growth shown={shown} what="contacts" />
      </Card>
      <Card title="Followups" value={summary.contacts === 0 ? '–' : number(summary.followups)}>
        <Growth shown={shown} what="followups" />
      </Card>
      <Card title="Followup rate" value={rate ? percent(rate.value) : '–'}>
        <RateChange shown={shown} />
        {rate && (
          <p class="detail" title="Wilson score interval: it holds the true rate in 95 of 100 cases">
            95 % interval {interval(rate)}
          </p>
        )}
      </Card>
      {symbol === undefined && <VowelCard shown={shown} />}
      <Integrity integrity={summary.integrity} />
    </section>
  );
}

/** A title, a number, and what belongs to it. */
function Card({ title, value, children }: { title: string; value: string; children?: ComponentChildren }) {
  return (
    <div class="card">
      <h2>{title}</h2>
      <Value text={value} />
      {children}
    </div>
  );
}

/** A number as large as there is room for all of it. */
function Value({ text }: { text: string }) {
  return (
    <p class="value" style={{ '--length': Math.max(6, text.length) }}>
      {text}
    </p>
  );
}

function VowelCard({ shown }: { shown: Numbers }) {
  const { guesses, before } = shown;
  const parts = contactsByLetters(guesses);
  const [vowels, consonants, y] = parts;
  const total = vowels + consonants + y;
  const [vowelsBefore, ...othersBefore] = contactsByLetters(before?.guesses ?? []);
  const totalBefore = vowelsBefore + othersBefore[0] + othersBefore[1];
  const [share, shareBefore] = [vowels / total, vowelsBefore / totalBefore];
  return (
    <div class="card vowels">
      <h2>Vowel share</h2>
      <Value text={total === 0 ? '–' : percent(share)} />
      {before && totalBefore > 0 && total > 0 && (
        <p class="change">
          <Change
            apart={sharesApart(vowels, total, vowelsBefore, totalBefore)}
            text={signed((share - shareBefore) * 100, 'points')}
            test={SHARES_TEST}
            isNeutral
          />{' '}
          <span class="was">{percent(shareBefore)} before</span>
        </p>
      )}
      {total > 0 && (
        <p class="parts" aria-hidden="true">
          <i class="vowel" style={{ flexGrow: vowels }} />
          <i class="consonant" style={{ flexGrow: consonants }} />
          <i class="either" style={{ flexGrow: y }} />
        </p>
      )}
      {total > 0 && (
        <p class="detail">
          {counted(vowels, 'vowel')}, {counted(consonants, 'consonant')}, {number(y)}&nbsp;y
        </p>
      )}
    </div>
  );
}

function contactsByLetters(rows: readonly GuessRow[]): [number, number, number] {
  const contactsOf = (letters: Letters) =>
    rows.filter((row) => row.letters === letters).reduce((sum, { contacts }) => sum + contacts, 0);
  return [contactsOf('vowels'), contactsOf('consonants'), contactsOf('y')];
}

const SHARES_TEST = 'a two-proportion z-test, 95 %';
const COUNTS_TEST = 'a quasi-Poisson test of the buckets of both periods, 95 %';

function Growth({ shown, what }: { shown: Numbers; what: 'contacts' | 'followups' }) {
  const { before, summary, series } = shown;
  if (before === undefined) return null;
  const [count, countBefore] = [summary[what], before[what]];
  const was = `${number(countBefore)} before`;
  if (isPartial(shown.view.before, shown.view.zone, oldestAt.value) && countBefore > 0) {
    return (
      <p class="change" title={`The first contact came ${instant(oldestAt.value!, state.value.zone)}`}>
        <span class="was">{was}, not a whole period</span>
      </p>
    );
  }
  if (countBefore === 0) return <p class="change">{was}</p>;
  const pairs = series.buckets.flatMap((bucket, index) => {
    const other = before.buckets[index];
    return other === undefined ? [] : [[bucket[what], other[what]] as const];
  });
  return (
    <p class="change">
      <Change
        apart={countsApart(count, countBefore, pairs)}
        text={growthText(count, countBefore)}
        test={COUNTS_TEST}
      />{' '}
      <span class="was">{was}</span>
    </p>
  );
}

function RateChange({ shown: { summary, before } }: { shown: Numbers }) {
  if (before === undefined) return null;
  const [rate, rateBefore] = [summary, before].map((each) => rateOf(each.followups, each.contacts));
  if (rateBefore === undefined) return <p class="change">none before</p>;
  const was = `${percent(rateBefore.value)} before`;
  if (rate === undefined) return <p class="change">{was}</p>;
  return (
    <p class="change">
      <Change
        apart={sharesApart(summary.followups, summary.contacts, before.followups, before.contacts)}
        text={signed((rate.value - rateBefore.value) * 100, 'points')}
        test={SHARES_TEST}
      />{' '}
      <span class="was">{was}</span>
    </p>
  );
}
