import { type Static, Type } from '../libraries.js';

// What is kept beside the numbers: notes on the chart, and shared links. Instants are UTC,
// `YYYY-MM-DD HH:MM:SS.ffffff`.

/** A note of `GET /dashboard/notes`. */
export const NoteAnswer = Type.Object({
  id: Type.String(),
  at: Type.String({ description: 'The moment it is of', examples: ['2017-06-28 00:00:00.000000'] }),
  text: Type.String(),
});
export type NoteAnswer = Static<typeof NoteAnswer>;
export const NotesAnswer = Type.Array(NoteAnswer, { description: 'In time order' });

/** The body of `POST /dashboard/notes`. */
export const NoteFields = Type.Object({
  at: Type.Optional(
    Type.String({ description: 'A bound as in a range: a date, or a date and time to the minute' }),
  ),
  text: Type.Optional(Type.String({ description: 'One line, of 200 characters at most' })),
  tz: Type.Optional(
    Type.String({ description: 'The zone of a bound that carries none; UTC where it is left out' }),
  ),
});
export const NotePath = Type.Object({ id: Type.String({ description: 'As the list of notes has it' }) });

/** A link of `GET /dashboard/shares`. */
export const ShareAnswer = Type.Object({
  name: Type.String(),
  embed: Type.Boolean({ description: 'Whether pages of other sites may frame it' }),
  createdAt: Type.String(),
});
export type ShareAnswer = Static<typeof ShareAnswer>;
export const SharesAnswer = Type.Array(ShareAnswer, { description: 'By name' });

/** What `POST /dashboard/shares` answers. */
export const NewShareAnswer = Type.Object({
  ...ShareAnswer.properties,
  path: Type.String({ description: 'The link, of which the store keeps a hash: it is told this once' }),
});
export type NewShareAnswer = Static<typeof NewShareAnswer>;

/** The body of `POST /dashboard/shares`. */
export const ShareFields = Type.Object({
  name: Type.Optional(
    Type.String({ description: "1 to 40 letters, digits, spaces, '.', '_' and '-'", examples: ['wall'] }),
  ),
  embed: Type.Optional(Type.String({ description: '`yes`: pages of other sites may frame it' })),
});
export const SharePath = Type.Object({ name: Type.String({ description: 'As the list of links has it' }) });
