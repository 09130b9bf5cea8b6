import type { GuessRow } from '../../src/http/routes/dashboard-schemas.js';
import type { Numbers } from '../data/data.js';
import { rateOf } from '../data/statistics.js';
import { interval, number, percent } from '../looks/format.js';
import { Scroll } from './scroll.js';

const NAMES: Readonly<Record<GuessRow['letters'], string>> = {
  vowels: 'Vowels',
  consonants: 'Consonants',
  y: 'y',
};

/** How good the guesses were, as the clients' going on shows. */
export function Guesses({ shown }: { shown: Numbers }) {
  const { guesses } = shown;
  const most = Math.max(1, ...guesses.map(({ contacts }) => contacts));
  return (
    <section class="panel guesses" aria-labelledby="guesses-title">
      <header class="panel-head">
        <h2 id="guesses-title">How good the guesses were</h2>
      </header>
      <Scroll label="Guesses and followups">
        <table>
          <thead>
            <tr>
              <th scope="col">Letters</th>
              <th scope="col">Said</th>
              <th scope="col" class="column-count">
                <span>Contacts</span>
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
        A client goes on only where the guess was right. Wrong guesses, in <i>italics</i>, should show no
        followups (red where they do); of <span class="symbol">y</span> either may be right.
      </p>
    </section>
  );
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
        <div class="count">
          <span class="figure">{number(contacts)}</span>
          <i
            class={`row-bar ${said ? 'vowel' : 'consonant'}`}
            style={{ width: `${(100 * contacts) / most}%` }}
            aria-hidden="true"
          />
        </div>
      </td>
      <td class={isUnexpected ? 'figure bad' : 'figure'}>{number(followups)}</td>
      <td class="figure rate">
        {rate ? (
          <>
            {percent(rate.value)} <small>{interval(rate)}</small>
          </>
        ) : (
          '–'
        )}
      </td>
    </tr>
  );
}
