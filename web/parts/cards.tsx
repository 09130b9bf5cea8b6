import type { ComponentChildren } from 'preact';
import type { GuessRow } from '../../src/http/routes/dashboard-schemas.js';
import type { Numbers } from '../data/data.js';
import { growth, rateOf } from '../data/statistics.js';
import { oldestAt } from '../live/live.js';
import { counted, instant, interval, number, percent, signed } from '../looks/format.js';
import { state } from '../state.js';
import { instantOfBound } from '../time/ranges.js';
import { millisecondsOf } from '../time/time.js';
import { Integrity } from './integrity.js';

type Letters = GuessRow['letters'];

/** The numbers that are asked for most. */
export function Cards({ shown }: { shown: Numbers }) {
  const { summary, before } = shown;
  const rate = rateOf(summary.followups, summary.contacts);
  const rateBefore = before && rateOf(before.summary.followups, before.summary.contacts);
  const isCut = before !== undefined && beginsLater(shown);
  return (
    <section class="panel cards" aria-label="Numbers of the range">
      <Card title="Contacts" value={number(summary.contacts)}>
        {before && <Growth now={summary.contacts} before={before.summary.contacts} isCut={isCut} />}
      </Card>
      <Card title="Followups" value={number(summary.followups)}>
        {before && <Growth now={summary.followups} before={before.summary.followups} isCut={isCut} />}
      </Card>
      <Card title="Followup rate" value={rate ? percent(rate.value) : '–'}>
        {before && <Points now={rate?.value} before={rateBefore?.value} />}
        {rate && (
          <p class="detail" title="Wilson score interval">
            95 % interval {interval(rate)}
          </p>
        )}
      </Card>
      <VowelCard shown={shown} />
      <Integrity integrity={summary.integrity} />
    </section>
  );
}

/** A title, a number, and what belongs to it. */
export function Card({
  title,
  value,
  children,
}: {
  title: string;
  value: ComponentChildren;
  children?: ComponentChildren;
}) {
  return (
    <div class="card">
      <h2>{title}</h2>
      <p class="value">{value}</p>
      {children}
    </div>
  );
}

function VowelCard({ shown }: { shown: Numbers }) {
  const { guesses, before } = shown;
  const [vowels, consonants, y] = contactsByLetters(guesses);
  const total = vowels + consonants + y;
  const share = total === 0 ? undefined : vowels / total;
  return (
    <div class="card vowels">
      <h2>Vowels against consonants</h2>
      <p class="value">
        {share === undefined ? (
          '–'
        ) : (
          <>
            {percent(share)} <span class="against">: {percent(consonants / total)}</span>
          </>
        )}
      </p>
      {before && <Points now={share} before={vowelShare(before.guesses)} isNeutral />}
      <p class="parts" aria-hidden="true">
        <i class="vowel" style={{ flexGrow: vowels }} />
        <i class="consonant" style={{ flexGrow: consonants }} />
        <i class="either" style={{ flexGrow: y }} />
      </p>
      <p class="detail">
        {counted(vowels, 'vowel')}, {counted(consonants, 'consonant')}, {number(y)} y
      </p>
    </div>
  );
}

function vowelShare(rows: readonly GuessRow[]): number | undefined {
  const [vowels, consonants, y] = contactsByLetters(rows);
  const total = vowels + consonants + y;
  return total === 0 ? undefined : vowels / total;
}

function contactsByLetters(rows: readonly GuessRow[]): [number, number, number] {
  const contactsOf = (letters: Letters) =>
    rows.filter((row) => row.letters === letters).reduce((sum, { contacts }) => sum + contacts, 0);
  return [contactsOf('vowels'), contactsOf('consonants'), contactsOf('y')];
}

/** Whether the first contact of all came when the period before had begun: then it is no measure. */
function beginsLater({ view }: Numbers): boolean {
  const { before, zone } = view;
  const oldest = oldestAt.value;
  if (before === undefined || oldest === null) return false;
  return instantOfBound(before.lower, zone) < Math.floor(millisecondsOf(oldest) / 60_000) * 60_000;
}

/** `isCut`: the period before is not there as a whole. */
function Growth({ now, before, isCut }: { now: number; before: number; isCut: boolean }) {
  const was = `${number(before)} before`;
  if (isCut && before > 0) {
    return (
      <p class="change" title={`The first contact came ${instant(oldestAt.value!, state.value.zone)}`}>
        {was}, not a whole period
      </p>
    );
  }
  const share = growth(now, before);
  if (share === undefined) return <p class="change">{was}</p>;
  return <Change value={share} text={signed(share * 100, '%')} was={was} />;
}

/** `isNeutral`: neither more nor less is better. */
function Points({
  now,
  before,
  isNeutral = false,
}: {
  now: number | undefined;
  before: number | undefined;
  isNeutral?: boolean;
}) {
  if (before === undefined) return <p class="change">none before</p>;
  const was = `${percent(before)} before`;
  if (now === undefined) return <p class="change">{was}</p>;
  return (
    <Change value={isNeutral ? 0 : now - before} text={signed((now - before) * 100, 'points')} was={was} />
  );
}

function Change({ value, text, was }: { value: number; text: string; was: string }) {
  const direction = value > 0 ? 'up' : value < 0 ? 'down' : 'level';
  return (
    <p class="change">
      <b class={direction}>{text}</b> {was}
    </p>
  );
}
