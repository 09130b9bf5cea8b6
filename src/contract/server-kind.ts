import type { SpawnOptions } from 'node:child_process';

/** How a server of an engine is started on a machine where it is installed; the tests start theirs so, too. */
export interface ServerKind {
  /** What to install, on Debian. */
  readonly packages: string;
  isInstalled(): boolean;
  /** Makes its data in an empty folder. */
  initialise(folder: string): Promise<void>;
  command(
    folder: string,
    port: number,
  ): { readonly words: readonly string[]; readonly options: SpawnOptions };
  /** Resolves where it answers, and is ready for stores. */
  ready(port: number): Promise<void>;
  /** The URL of a store; one that keeps something of its own beside the server has that in the folder, too. */
  storeUrl(port: number, folder: string): string;
  /** How many contacts the bench gives it at most, where it would take minutes to take more. */
  readonly contactsMax?: number;
}
