import { TallyboardError } from '../../contract/errors.js';
import type { Instant } from '../../domain/time.js';
import { quote, rangeOf, readField } from '../read.js';

/** How long a note may be. */
const NOTE_CHARACTERS_MAX = 200;

/** Control characters, halves of surrogate pairs, separators of lines, and what turns the direction of others. */
const NOT_OF_A_LINE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
/** What alone shows nothing; between others it joins letters, or makes one emoji of several. */
const UNSEEN = /[\s\p{Default_Ignorable_Code_Point}]/gu;

/** Reads a note: its moment, a bound as those of a range, and its text of one line. */
export function readNote(body: unknown): { readonly at: Instant; readonly text: string } {
  const [at, text = '', tz] = ['at', 'text', 'tz'].map((name) => readField(name, {}, body ?? {}));
  const line = text.trim();
  if (at === undefined) throw noteInvalid('it has no moment: give at, a date such as 2017-06-28');
  if (line.replace(UNSEEN, '') === '' || NOT_OF_A_LINE.test(line) || line.length > NOTE_CHARACTERS_MAX) {
    throw noteInvalid(
      `give text, one line of at most ${NOTE_CHARACTERS_MAX} characters that can be seen, without control characters`,
    );
  }
  return { at: rangeOf(at, at, tz).lower, text: line };
}

/** Reads what a shared link is to be: its name, and whether other sites may frame it. */
export function readShare(body: unknown): { readonly name: string; readonly embed: boolean } {
  const [given = '', embed] = ['name', 'embed'].map((field) => readField(field, {}, body ?? {}));
  const name = given.trim();
  // The name stands in a path, where a browser takes . and .. away.
  if (!/^(?!\.{1,2}$)[\p{L}\p{N}._-][\p{L}\p{N}._ -]{0,39}$/u.test(name)) {
    throw new TallyboardError(
      'SHARE_INVALID',
      `${quote(name)} is no name for a link: give name, 1 to 40 letters, digits, spaces, '.', '_' and '-', and not '.' or '..' alone`,
    );
  }
  return { name, embed: embed === 'yes' };
}

/** The secret of a shared link in the query; undefined where there is none. */
export function readSecret(query: unknown): string | undefined {
  const { share } = query as { readonly share?: unknown };
  return typeof share === 'string' ? share : undefined;
}

function noteInvalid(why: string): TallyboardError {
  return new TallyboardError('NOTE_INVALID', `the note cannot be taken: ${why}`);
}
