/** Answers to statements that are sent one after the other without waiting; rejects when all are over. */
export async function together<Rows extends unknown[]>(
  statements: {
    readonly [Place in keyof Rows]: Promise<Rows[Place]>;
  },
): Promise<Rows> {
  await Promise.allSettled(statements);
  return Promise.all(statements) as Promise<Rows>;
}
