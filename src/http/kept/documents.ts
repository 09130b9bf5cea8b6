import type { DashboardQuestions } from '../../contract/data-interface.js';
import { TallyboardError } from '../../contract/errors.js';
import type { DocumentKind } from '../../contract/store-page.js';
import { fromStore } from '../reply.js';

/** For how long what was read is taken for what there is: pages ask again and again, and other servers write. */
const FRESH_MILLISECONDS = 2000;

/** How many documents of a kind are kept at most. */
const DOCUMENTS_MAX: Readonly<Record<DocumentKind, number>> = { note: 500, share: 100 };

/** The documents of one kind, each an object of JSON. */
export class Documents<Value extends object> {
  readonly #data: Pick<DashboardQuestions, 'documents' | 'keepDocument'>;
  readonly #kind: DocumentKind;
  #known: { readonly at: number; readonly values: Promise<ReadonlyMap<string, Value>> } | undefined;

  constructor(data: Pick<DashboardQuestions, 'documents' | 'keepDocument'>, kind: DocumentKind) {
    this.#data = data;
    this.#kind = kind;
  }

  /** All of them by name, as they were two seconds ago at the most. Rejects where the store fails. */
  all(): Promise<ReadonlyMap<string, Value>> {
    const now = performance.now();
    if (this.#known === undefined || now - this.#known.at > FRESH_MILLISECONDS) {
      const values = this.#read();
      this.#known = { at: now, values };
      values.catch(() => {
        this.#known = undefined;
      });
    }
    return this.#known.values;
  }

  /** Keeps one; rejects with `DOCUMENTS_TOO_MANY` where there are enough. */
  async keep(name: string, value: Value): Promise<void> {
    this.#known = undefined;
    const known = await this.all();
    if (known.size >= DOCUMENTS_MAX[this.#kind] && !known.has(name)) {
      throw new TallyboardError(
        'DOCUMENTS_TOO_MANY',
        `there are ${known.size} already: remove one that is not needed any more`,
      );
    }
    await this.#write(name, JSON.stringify(value));
  }

  /** Forgets one; false where there is none. */
  async forget(name: string): Promise<boolean> {
    this.#known = undefined;
    if (!(await this.all()).has(name)) return false;
    await this.#write(name, null);
    return true;
  }

  async #write(name: string, text: string | null): Promise<void> {
    try {
      await fromStore(this.#data.keepDocument(this.#kind, name, text));
    } finally {
      this.#known = undefined;
    }
  }

  async #read(): Promise<ReadonlyMap<string, Value>> {
    const texts = await fromStore(this.#data.documents(this.#kind));
    return new Map([...texts].map(([name, text]) => [name, JSON.parse(text) as Value]));
  }
}
