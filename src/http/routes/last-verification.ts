import type { DashboardQuestions } from '../../contract/data-interface.js';
import { describe } from '../../contract/errors.js';
import type { Log } from '../../contract/store.js';
import type { Verification } from '../../contract/store-page.js';

/** What is known of the last verification. */
export interface LastVerification {
  readonly verification: Verification | null;
  /** Whether there may be one that could not be read. */
  readonly unreadable: boolean;
}

/**
 * Makes a reader of the last verification that never fails: it stands beside the numbers, and these are right
 * without it. What went wrong is logged once, until it goes well again.
 */
export function createVerificationReader(
  data: Pick<DashboardQuestions, 'verification'>,
  log: Log,
): () => Promise<LastVerification> {
  let logged: string | undefined;
  return async () => {
    try {
      const verification = await data.verification();
      logged = undefined;
      return { verification, unreadable: false };
    } catch (error) {
      const reason = describe(error);
      if (reason !== logged) log.warn({ reason }, 'the last verification cannot be read');
      logged = reason;
      return { verification: null, unreadable: true };
    }
  };
}
