import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

export interface EventDatabase {
  readonly connection: DuckDBConnection;
  close(): Promise<void>;
}

/** Beyond it, what is read and what a query needs goes to a temporary folder. */
const MEMORY_MAX = '1GB';

/** Opens a database that is in memory, for as long as a command runs. */
export async function openDatabase(): Promise<EventDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyboard-duckdb-'));
  let instance: DuckDBInstance | undefined;
  const close = async () => {
    instance?.closeSync();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    instance = await DuckDBInstance.create(':memory:', {
      memory_limit: MEMORY_MAX,
      temp_directory: folder,
      // What a query does not find here is not to be fetched from elsewhere unasked.
      autoinstall_known_extensions: 'false',
    });
    return { connection: await instance.connect(), close };
  } catch (error) {
    await close();
    throw error;
  }
}
