/** Rejects when an answer takes longer than it may; `onLate` may end what is waited for, and say it in other words. */
export async function within<T>(
  work: Promise<T>,
  milliseconds: number,
  onLate: (reason: Error) => Error = (reason) => reason,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(onLate(new Error(`no answer within ${milliseconds} ms`))), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
