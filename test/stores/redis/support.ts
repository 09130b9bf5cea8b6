import { inject } from 'vitest';
import { askDoor } from '../../door.js';

/** The addresses of the Cluster that all tests share; what breaks one starts its own. */
export function sharedCluster(): Promise<string> {
  return askDoor(inject('redisUrl'), '/cluster');
}

let prefixes = 0;

/** A prefix under which there is no store yet. */
export function freshPrefix(): string {
  prefixes += 1;
  return `t${process.pid}-${prefixes}:`;
}
