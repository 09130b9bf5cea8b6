/** What the reader chose on this device, by name; null where nothing was, or nothing may be kept. */
export function kept(name: string): string | null {
  try {
    return localStorage.getItem(`tallyboard-${name}`);
  } catch {
    return null;
  }
}

/** Keeps a choice for the next visit; where nothing may be kept, it lasts as long as the page. */
export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`tallyboard-${name}`, value);
  } catch {
    // Said above.
  }
}
