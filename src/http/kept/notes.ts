import { createHash } from 'node:crypto';
import type { DashboardQuestions } from '../../contract/data-interface.js';
import { describe, TallyboardError } from '../../contract/errors.js';
import type { Log } from '../../contract/store.js';
import { formatInstant, type Instant, parseInstant, type Range } from '../../domain/time.js';
import type { NoteAnswer } from '../routes/kept-schemas.js';
import { Documents } from './documents.js';

type Note = Omit<NoteAnswer, 'id'>;

/** Dated notes for the chart. */
export class Notes {
  readonly #documents: Documents<Note>;
  readonly #log: Log;
  #logged: string | undefined;

  constructor(data: Pick<DashboardQuestions, 'documents' | 'keepDocument'>, log: Log) {
    this.#documents = new Documents({
      ...{ data, kind: 'note', log },
      isRight: ({ at, text }) =>
        typeof at === 'string' && parseInstant(at) !== undefined && typeof text === 'string',
    });
    this.#log = log;
  }

  /** In time order. */
  async all(): Promise<NoteAnswer[]> {
    const notes = [...(await this.#documents.all())].map(([id, note]) => ({ id, ...note }));
    return notes.sort((one, other) => (one.at < other.at ? -1 : 1));
  }

  /** Those of a range; none where they cannot be read: the numbers beside them are right without. */
  async within({ lower, upper }: Range): Promise<NoteAnswer[]> {
    try {
      const notes = await this.all();
      this.#logged = undefined;
      return notes.filter(({ at }) => {
        const instant = parseInstant(at)!;
        return lower <= instant && instant < upper;
      });
    } catch (error) {
      const reason = describe(error);
      if (reason !== this.#logged) this.#log.warn({ reason }, 'the notes cannot be read');
      this.#logged = reason;
      return [];
    }
  }

  /** The same note twice is one: a request whose answer was lost may be sent again. */
  async add({ at, text }: { readonly at: Instant; readonly text: string }): Promise<NoteAnswer> {
    const note = { at: formatInstant(at), text };
    const id = createHash('sha256').update(`${note.at} ${text}`).digest('hex').slice(0, 12);
    await this.#documents.keep(id, note);
    return { id, ...note };
  }

  async remove(id: string): Promise<void> {
    if (await this.#documents.forget((_note, name) => name === id)) return;
    throw new TallyboardError(
      'NOTE_UNKNOWN',
      `no note has the id '${id.slice(0, 80)}': list them for their ids`,
    );
  }
}
