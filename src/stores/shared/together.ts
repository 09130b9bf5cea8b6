/** Statements that are sent one after the other without waiting; rejects when all are over. */
export async function together(statements: readonly Promise<unknown>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(statements);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
