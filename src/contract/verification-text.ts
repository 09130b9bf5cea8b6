import { formatInstant, parseInstant } from '../domain/time.js';
import type { Verification } from './store-page.js';

/** A verification as stores keep it: JSON. */
export function printVerification(verification: Verification): string {
  return JSON.stringify({ ...verification, at: formatInstant(verification.at) }, null, 2);
}

/** Reads what `printVerification` wrote; null where it is something else: it can be found out again. */
export function parseVerification(text: string): Verification | null {
  try {
    const { at, events, contacts, differences } = JSON.parse(text) as Record<string, unknown>;
    const instant = parseInstant(String(at));
    const counts = [events, contacts, differences];
    if (instant === undefined || !counts.every(Number.isSafeInteger)) return null;
    return { at: instant, events, contacts, differences } as Verification;
  } catch {
    return null;
  }
}
