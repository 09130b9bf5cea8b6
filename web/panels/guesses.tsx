import type { GuessRow } from '../../src/http/routes/dashboard-schemas.js';
import { rateOf } from '../../src/reading/statistics.js';
import type { Numbers } from '../data/data.js';
import { CopyMenu } from '../menus/copy-menu.js';
import { Counted, digitsOf, Figure, RateCell } from './figure.js';
import { Scroll } from './scroll.js';

const NAMES: Readonly<Record<GuessRow['letters'], string>> = {
  vowels: 'Vowels',
  consonants: 'Consonants',
  y: 'y',
};

/** How good the guesses were, as the clients' going on shows. */
export function Guesses({ shown }: { shown: Numbers }) {
  const { symbol } = shown;
  // Of one symbol the other letters say nothing.
  const guesses = shown.guesses.filter(
    ({ letters }) => symbol === undefined || letters === lettersOf(symbol),
  );
  const most = Math.max(1, ...guesses.map(({ contacts }) => contacts));
  return (
    <section class="panel guesses" aria-labelledby="guesses-title">
      <header class="panel-head">
        <h2 id="guesses-title">How good the guesses were</h2>
        <CopyMenu panel="guesses" shown={shown} />
      </header>
      <Scroll label="Guesses and followups">
        <table style={{ '--digits': digitsOf(most) }}>
          <thead>
            <tr>
              <th scope="col">Letters</th>
              <th scope="col">Said</th>
              <th scope="col" class="column-count">
                <span class="count">Contacts</span>
              </th>
              <th scope="col" class="figure">
                Followups
              </th>
              <th scope="col" class="figure rate">
                Rate <small>95 % interval</small>
              </th>
            </tr>
          </thead>
          <tbody>
            {guesses.map((row) => (
              <Row key={`${row.letters} ${row.said}`} row={row} most={most} />
            ))}
          </tbody>
        </table>
      </Scroll>
      <p class="note">
        A client goes on only where the guess was right. Wrong guesses, in <i>italics</i>, should have no
        followups, and are red where they do
        {(symbol ?? 'y') === 'y' && (
          <>
            ; of <span class="symbol">y</span> either may be right
          </>
        )}
        .
      </p>
    </section>
  );
}

function lettersOf(symbol: string): GuessRow['letters'] {
  return 'aeiou'.includes(symbol) ? 'vowels' : symbol === 'y' ? 'y' : 'consonants';
}

function Row({ row, most }: { row: GuessRow; most: number }) {
  const { letters, said, contacts, followups } = row;
  const rate = rateOf(followups, contacts);
  const isWrong = letters !== 'y' && said !== (letters === 'vowels');
  const isUnexpected = isWrong && followups > 0;
  return (
    <tr class={isWrong ? 'wrong-guess' : ''}>
      <th scope="row">{NAMES[letters]}</th>
      <td>
        {said ? 'True' : 'False'}
        {isWrong && <span class="hidden"> (wrong{isUnexpected && ', and followed up'})</span>}
      </td>
      <td class="column-count">
        <Counted value={contacts} most={most} look={said ? 'vowel' : 'consonant'} />
      </td>
      <td class={isUnexpected ? 'figure bad' : 'figure'}>
        <Figure value={followups} />
      </td>
      <RateCell rate={rate} />
    </tr>
  );
}
