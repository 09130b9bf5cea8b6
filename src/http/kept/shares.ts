import { createHash, randomBytes } from 'node:crypto';
import type { DashboardQuestions } from '../../contract/data-interface.js';
import { TallyboardError } from '../../contract/errors.js';
import type { Log } from '../../contract/store.js';
import { within } from '../../contract/within.js';
import { formatInstant, type Instant } from '../../domain/time.js';
import { storeRefusal } from '../reply.js';
import type { NewShareAnswer, ShareAnswer } from '../routes/kept-schemas.js';
import { Documents } from './documents.js';

const SECRET_BYTES = 24;
/** How much of a hash names its document: far more than what two secrets could have in common. */
const NAME_CHARACTERS = 24;
/** How long a link is looked for. A store may wait far longer for its engine, and a browser shows nothing meanwhile. */
const FIND_MILLISECONDS_MAX = 2000;

/** Named links by which the dashboard is read without its token, until they are withdrawn. */
export class Shares {
  readonly #documents: Documents<ShareAnswer & { readonly hash: string }>;

  constructor(data: Pick<DashboardQuestions, 'documents' | 'keepDocument'>, log: Log) {
    this.#documents = new Documents({
      ...{ data, kind: 'share', log },
      isRight: ({ name, embed, createdAt, hash }) =>
        [name, createdAt, hash].every((text) => typeof text === 'string') && typeof embed === 'boolean',
    });
  }

  /** By name. */
  async all(): Promise<ShareAnswer[]> {
    const shares = [...(await this.#documents.all()).values()].map(({ hash: _, ...share }) => share);
    return shares.sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** The link of a secret; undefined where there is none, or not any more. Rejects where the store keeps silent. */
  async find(secret: string): Promise<ShareAnswer | undefined> {
    const hash = hashOf(secret);
    const shares = await within(this.#documents.all(), FIND_MILLISECONDS_MAX, () =>
      storeRefusal(new Error(`the links were not read within ${FIND_MILLISECONDS_MAX} ms`)),
    );
    const share = shares.get(hash.slice(0, NAME_CHARACTERS));
    // Whoever could measure how long this takes learns of a hash, and not of a secret.
    return share?.hash === hash ? share : undefined;
  }

  /** Makes a link. Its secret is told this once: the store keeps a hash. */
  async create(name: string, embed: boolean, now: Instant): Promise<NewShareAnswer> {
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const hash = hashOf(secret);
    const share = { name, embed, createdAt: formatInstant(now) };
    await this.#documents.keep(hash.slice(0, NAME_CHARACTERS), { ...share, hash }, (known) => {
      if (![...known.values()].some((other) => other.name === name)) return;
      throw new TallyboardError(
        'SHARE_TAKEN',
        `there is a link '${name}' already: revoke it, or take another name`,
      );
    });
    return { ...share, path: `/?share=${secret}${embed ? '&embed=chart' : ''}` };
  }

  /** Withdraws the link of a name; where two servers made one of it at the same moment, both. */
  async revoke(name: string): Promise<void> {
    if (await this.#documents.forget((share) => share.name === name)) return;
    throw new TallyboardError(
      'SHARE_UNKNOWN',
      `no link has the name '${name.slice(0, 80)}': list them for their names`,
    );
  }
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
