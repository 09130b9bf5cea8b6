import { ended, type Workspace, within } from './workspace.js';

/** A module of the bench in a process of its own that answers each message with a result or an error. */
export interface Worker {
  readonly pid: number;
  ask<Answer>(message: object, secondsMax: number, onNote?: (note: string) => void): Promise<Answer>;
  end(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

type Reply = { readonly result: unknown } | { readonly error: string } | { readonly note: string };

export function startWorker(workspace: Workspace, module: string): Worker {
  const child = workspace.fork(module);
  const end = ended(child);
  // Whoever asks hears of a failure; nobody may be asking.
  end.catch(() => {});
  return {
    pid: child.pid!,
    async ask<Answer>(message: object, secondsMax: number, onNote?: (note: string) => void) {
      let listen: (reply: Reply) => void = () => {};
      const answer = new Promise<Answer>((resolve, reject) => {
        listen = (reply) => {
          if ('note' in reply) onNote?.(reply.note);
          else if ('error' in reply) reject(new Error(reply.error));
          else resolve(reply.result as Answer);
        };
        child.on('message', listen);
        end.then(
          (how) => reject(new Error(`${module} ended (${how})`)),
          (error: unknown) => reject(error as Error),
        );
        child.send(message, (error) => {
          if (error !== null) reject(error);
        });
      });
      try {
        return await within(answer, secondsMax, module);
      } finally {
        child.off('message', listen);
      }
    },
    async end() {
      if (child.connected) child.disconnect();
      await within(end, END_SECONDS_MAX, `the end of ${module}`);
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

const END_SECONDS_MAX = 60;
