import type { DashboardQuestions } from '../../contract/data-interface.js';
import { TallyboardError } from '../../contract/errors.js';
import type { Log } from '../../contract/store.js';
import type { DocumentKind } from '../../contract/store-page.js';
import { fromStore } from '../reply.js';

/** For how long what was read is taken for what there is: pages ask again and again, and other servers write. */
const FRESH_MILLISECONDS = 2000;

/** How many documents of a kind are kept at most. */
const DOCUMENTS_MAX: Readonly<Record<DocumentKind, number>> = { note: 500, share: 100 };

/** What keeps documents, and which are right. */
export interface DocumentParts<Value> {
  readonly data: Pick<DashboardQuestions, 'documents' | 'keepDocument'>;
  readonly kind: DocumentKind;
  readonly log: Log;
  /** Whether what a document says has all that it must. */
  isRight(value: Partial<Value>): boolean;
}

/** The documents of one kind, each an object of JSON. What is none, or lacks something, is left out. */
export class Documents<Value extends object> {
  readonly #parts: DocumentParts<Value>;
  #known: { readonly at: number; readonly values: Promise<ReadonlyMap<string, Value>> } | undefined;
  /** Ends with the change that was asked for last. */
  #changes: Promise<unknown> = Promise.resolve();
  /** The names of those of which the log was told. */
  #logged = '';

  constructor(parts: DocumentParts<Value>) {
    this.#parts = parts;
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

  /**
   * Keeps one, where `check` does not throw for what there is; rejects with `DOCUMENTS_TOO_MANY` where there
   * are enough.
   */
  keep(name: string, value: Value, check?: (known: ReadonlyMap<string, Value>) => void): Promise<void> {
    return this.#change(async (known) => {
      check?.(known);
      if (known.size >= DOCUMENTS_MAX[this.#parts.kind] && !known.has(name)) {
        throw new TallyboardError(
          'DOCUMENTS_TOO_MANY',
          `there are ${known.size} already: remove one that is not needed any more`,
        );
      }
      await this.#write(name, JSON.stringify(value));
    });
  }

  /** Forgets all that are meant; false where there is none. */
  forget(isMeant: (value: Value, name: string) => boolean): Promise<boolean> {
    return this.#change(async (known) => {
      const meant = [...known].filter(([name, value]) => isMeant(value, name));
      for (const [name] of meant) await this.#write(name, null);
      return meant.length > 0;
    });
  }

  /** One change after the other, each by what the store has then: only another server can come in between. */
  #change<Result>(change: (known: ReadonlyMap<string, Value>) => Promise<Result>): Promise<Result> {
    const result = this.#changes.then(async () => {
      this.#known = undefined;
      return change(await this.all());
    });
    this.#changes = result.catch(() => {});
    return result;
  }

  async #write(name: string, text: string | null): Promise<void> {
    try {
      await fromStore(this.#parts.data.keepDocument(this.#parts.kind, name, text));
    } finally {
      this.#known = undefined;
    }
  }

  async #read(): Promise<ReadonlyMap<string, Value>> {
    const { data, kind, log } = this.#parts;
    const values = new Map<string, Value>();
    const wrong: string[] = [];
    for (const [name, text] of await fromStore(data.documents(kind))) {
      const value = this.#parse(text);
      if (value === undefined) wrong.push(name);
      else values.set(name, value);
    }
    const names = wrong.join();
    if (names !== '' && names !== this.#logged) {
      log.warn({ kind, names: wrong }, 'documents that cannot be read are left out');
    }
    this.#logged = names;
    return values;
  }

  #parse(text: string): Value | undefined {
    try {
      const value = JSON.parse(text) as Value | null;
      return value !== null && this.#parts.isRight(value) ? value : undefined;
    } catch {
      return undefined;
    }
  }
}
