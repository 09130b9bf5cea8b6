import { formatInstant, parseInstant } from '../domain/time.js';
import type { Verification } from './store-page.js';

/** A verification as stores keep it: JSON. */
export function printVerification(verification: Verification): string {
  const { at, since, ...counts } = verification;
  const told = {
    at: formatInstant(at),
    ...counts,
    ...(since !== undefined && { since: formatInstant(since) }),
  };
  return JSON.stringify(told, null, 2);
}

/** Reads what `printVerification` wrote; null where it is something else: it can be found out again. */
export function parseVerification(text: string): Verification | null {
  try {
    const { at, events, contacts, differences, since } = JSON.parse(text) as Record<string, unknown>;
    const instant = parseInstant(String(at));
    const counts = { events, contacts, differences };
    if (instant === undefined || !Object.values(counts).every(Number.isSafeInteger)) return null;
    const found = { at: instant, ...counts } as Verification;
    if (since === undefined) return found;
    const proved = parseInstant(String(since));
    return proved === undefined ? null : { ...found, since: proved };
  } catch {
    return null;
  }
}
