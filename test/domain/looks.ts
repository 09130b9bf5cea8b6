import { clocksOf, ZONES_REMEMBERED_MAX } from '../../src/domain/zone.js';

/** Counts how often the system is asked what clocks show, until `end` is called. */
export function countLooks() {
  const formats = Intl.DateTimeFormat.prototype;
  const real = Object.getOwnPropertyDescriptor(formats, 'format')!;
  const counter = {
    looks: 0,
    end() {
      Object.defineProperty(formats, 'format', real);
    },
  };
  Object.defineProperty(formats, 'format', {
    ...real,
    get(this: Intl.DateTimeFormat) {
      counter.looks += 1;
      return real.get!.call(this);
    },
  });
  return counter;
}

/** Other zones take the places of all that were remembered. */
export function forgetClocks(): void {
  const others = Intl.supportedValuesOf('timeZone').filter((name) =>
    /^(Africa|Antarctica|Indian)\//.test(name),
  );
  if (others.length < ZONES_REMEMBERED_MAX) throw new Error('there are too few others');
  for (const zone of others.slice(0, ZONES_REMEMBERED_MAX)) clocksOf(zone);
}

/** A name with other letters in upper case for each number. */
export function writtenIn(name: string, number: number): string {
  return [...name.toLowerCase()].map((c, i) => ((number >> (i % 5)) & 1 ? c.toUpperCase() : c)).join('');
}
