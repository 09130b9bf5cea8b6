import { execFileSync } from 'node:child_process';
import type { Place } from './servers.js';

/** A network of the tests' own, in which servers can be cut off from each other while clients reach them. */
export interface Network {
  /** Places for servers, each with an address of its own. */
  readonly places: readonly Place[];
  /** Lets nothing through between a place and the others. Clients come from outside, and still get there. */
  cutOff(place: Place): void;
  heal(): void;
  remove(): void;
}

const PORT = 6379;
/** Its lock is one for the whole machine, and others may hold it. */
const IPTABLES = ['iptables', '-w', '60'] as const;

/** Why there is none here; null where there is. */
export function networkMissing(): string | null {
  const missing =
    process.platform !== 'linux' || process.getuid?.() !== 0
      ? 'needs Linux and root'
      : tryRun('ip', 'netns') && tryRun('iptables', '--version')
        ? null
        : 'install the packages iproute2 and iptables';
  if (missing !== null && process.env.REQUIRE_ENGINES === '1') {
    throw new Error(`servers cannot be cut off from each other: ${missing}`);
  }
  return missing;
}

/** Needs Linux and root. */
export function createNetwork(servers: number): Network {
  const name = `tallyboard-${process.pid}`;
  const link = `tb${process.pid % 100_000}`;
  const subnet = `10.${200 + (process.pid % 50)}.${(process.pid >> 6) % 250}`;
  // What a run that was killed left behind, whose number this process has now.
  tryRun('ip', 'netns', 'del', name);
  tryRun('ip', 'link', 'del', `${link}a`);
  run('ip', 'netns', 'add', name);
  run('ip', 'link', 'add', `${link}a`, 'type', 'veth', 'peer', 'name', `${link}b`, 'netns', name);
  run('ip', 'addr', 'add', `${subnet}.1/24`, 'dev', `${link}a`);
  run('ip', 'link', 'set', `${link}a`, 'up');
  const inside = ['ip', 'netns', 'exec', name] as const;
  const runInside = (...command: string[]) => run(...inside, ...command);
  runInside('ip', 'link', 'set', 'lo', 'up');
  runInside('ip', 'link', 'set', `${link}b`, 'up');
  const places = Array.from({ length: servers }, (_, i) => {
    runInside('ip', 'addr', 'add', `${subnet}.${11 + i}/24`, 'dev', `${link}b`);
    return { host: `${subnet}.${11 + i}`, port: PORT, wrapper: inside };
  });
  return {
    places,
    cutOff(place) {
      const others = places.filter((other) => other !== place).map(({ host }) => host);
      // As few commands as can be: the requests of this process stand still meanwhile, and servers wait for
      // each other for seconds only.
      runInside(...IPTABLES, '-A', 'INPUT', '-s', place.host, '-d', others.join(), '-j', 'DROP');
      runInside(...IPTABLES, '-A', 'INPUT', '-s', others.join(), '-d', place.host, '-j', 'DROP');
    },
    heal: () => runInside(...IPTABLES, '-F', 'INPUT'),
    remove() {
      run('ip', 'netns', 'del', name);
      tryRun('ip', 'link', 'del', `${link}a`);
    },
  };
}

function run(...command: string[]): void {
  execFileSync(command[0]!, command.slice(1), { stdio: 'pipe' });
}

function tryRun(...command: string[]): boolean {
  try {
    run(...command);
    return true;
  } catch {
    return false;
  }
}
