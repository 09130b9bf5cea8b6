import { TallyboardError } from '../../contract/errors.js';

export type Phase = 'opening' | 'open' | 'stopping';
export const PHASES: readonly Phase[] = Object.freeze(['opening', 'open', 'stopping']);

/**
 * Where the server stands. It listens before its store is open, so that a long start can be watched, and it
 * goes on answering while it stops. Whoever joins the parts moves it from one phase to the next.
 */
export interface Lifecycle {
  phase: Phase;
  /** Whether another process takes over where it listens: then nothing that comes while it stops is refused. */
  readonly isHandedOn?: boolean;
}

/** Throws the refusal that the phase asks for; harmless while the store is open. */
export function requireOpen(lifecycle: Lifecycle): void {
  if (lifecycle.phase === 'opening') throw phaseRefusal('opening');
  if (refusesAll(lifecycle)) throw phaseRefusal('stopping');
}

/** Whether nothing new is taken any more, whatever it is. */
export function refusesAll({ phase, isHandedOn = false }: Lifecycle): boolean {
  return phase === 'stopping' && !isHandedOn;
}

/** Why a request cannot be taken outside of the phase `open`. */
export function phaseRefusal(phase: Exclude<Phase, 'open'>): TallyboardError {
  return phase === 'opening'
    ? new TallyboardError('STORE_OPENING', 'the store is still being opened: try again in a few seconds')
    : new TallyboardError('SERVER_STOPPING', 'the server is stopping: try again, on a new connection');
}
