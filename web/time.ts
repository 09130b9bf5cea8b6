/** What the clocks of a zone show, to the minute: `2017-06-28T10:30`. */
export type Wall = string;

const MINUTE = 60_000;
const DAY = 86_400_000;

/** The milliseconds since 1970 of an instant as the server writes it: `YYYY-MM-DD HH:MM:SS.ffffff`, UTC. */
export function millisecondsOf(instant: string): number {
  return Date.parse(`${instant.slice(0, 10)}T${instant.slice(11, 23)}Z`);
}

/** What the clocks of a zone show at an instant, the seconds cut off. */
export function wallOf(milliseconds: number, zone: string): Wall {
  return wallText(milliseconds + offsetOf(milliseconds, zone));
}

/** The instant at which clocks show that; of a time that is skipped or repeated, the earlier of two. */
export function instantOf(wall: Wall, zone: string): number {
  const utc = wallNumber(wall);
  const candidates = [-DAY, DAY].map((side) => utc - offsetOf(utc + side, zone));
  const shown = candidates.filter((at) => wallOf(at, zone) === wall);
  return Math.min(...(shown.length > 0 ? shown : candidates));
}

/** Whether clocks show this again, or only after they did so before. */
export function isRepeated(milliseconds: number, zone: string): boolean {
  return instantOf(wallOf(milliseconds, zone), zone) !== Math.floor(milliseconds / MINUTE) * MINUTE;
}

/** A wall time moved by days, months and minutes of the calendar, whatever the clocks do in between. */
export function moved(wall: Wall, by: { days?: number; months?: number; minutes?: number }): Wall {
  const date = new Date(wallNumber(wall));
  if (by.months !== undefined) {
    const day = date.getUTCDate();
    date.setUTCDate(1);
    date.setUTCMonth(date.getUTCMonth() + by.months);
    date.setUTCDate(Math.min(day, daysOfMonth(date)));
  }
  return wallText(date.getTime() + (by.days ?? 0) * DAY + (by.minutes ?? 0) * MINUTE);
}

/** How many minutes of the calendar lie between two wall times. */
export function minutesBetween(lower: Wall, upper: Wall): number {
  return (wallNumber(upper) - wallNumber(lower)) / MINUTE;
}

export function midnightOf(wall: Wall): Wall {
  return `${wall.slice(0, 10)}T00:00`;
}

export function firstOfMonth(wall: Wall): Wall {
  return `${wall.slice(0, 7)}-01T00:00`;
}

/** The day of the week, 0 for a Monday. */
export function weekdayOf(wall: Wall): number {
  return (new Date(wallNumber(wall)).getUTCDay() + 6) % 7;
}

/** The wall time in a text of a form or a link; undefined where it is none. */
export function readWall(text: string): Wall | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}))?$/.exec(text);
  if (match === null) return undefined;
  const wall = `${match[1]}T${match[2] ?? '00:00'}`;
  const at = wallNumber(wall);
  return Number.isNaN(at) || wallText(at) !== wall ? undefined : wall;
}

/** Whether this browser knows the zone. */
export function isZone(zone: string): boolean {
  try {
    formatterOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** The seconds that the clocks of a zone show at an instant. */
export function secondsOf(milliseconds: number): string {
  return String(new Date(milliseconds).getUTCSeconds()).padStart(2, '0');
}

function offsetOf(milliseconds: number, zone: string): number {
  if (zone === 'UTC') return 0;
  const shown: Record<string, string> = {};
  for (const { type, value } of formatterOf(zone).formatToParts(milliseconds)) shown[type] = value;
  const { year, month, day, hour, minute, second } = shown;
  const utc = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  return utc - Math.floor(milliseconds / 1000) * 1000;
}

// To make one takes longer than to use it a hundred times.
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(zone, formatter);
  return formatter;
}

function wallNumber(wall: Wall): number {
  return Date.parse(`${wall}Z`);
}

function wallText(milliseconds: number): Wall {
  return new Date(milliseconds).toISOString().slice(0, 16);
}

function daysOfMonth(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}
