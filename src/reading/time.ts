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

/**
 * The instant at which clocks show that, or what comes next where they skip it: so a day begins with its first
 * instant. Of a time that is repeated, the earlier of two.
 */
export function instantOf(wall: Wall, zone: string): number {
  const candidates = candidatesOf(wall, zone);
  const shown = candidates.filter((at) => wallOf(at, zone) === wall);
  if (shown.length > 0) return Math.min(...shown);
  let [before, after] = [Math.min(...candidates), Math.max(...candidates)];
  while (after - before > 1000) {
    const middle = Math.floor((before + after) / 2000) * 1000;
    if (wallOf(middle, zone) < wall) before = middle;
    else after = middle;
  }
  return after;
}

/** Whether clocks show this again, or only after they did so before. */
export function isRepeated(milliseconds: number, zone: string): boolean {
  return instantOf(wallOf(milliseconds, zone), zone) !== Math.floor(milliseconds / MINUTE) * MINUTE;
}

/** A way on the calendar, whatever the clocks do in between. */
export interface Move {
  readonly months?: number;
  readonly minutes?: number;
}

/** A wall time moved on the calendar; a day that the other month does not have becomes its last. */
export function moved(wall: Wall, by: Move & { readonly days?: number }): Wall {
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

/** How many months it takes from one wall time to get to the other or beyond. */
export function monthsBetween(lower: Wall, upper: Wall): number {
  const [first, last] = [lower, upper].map(
    (wall) => Number(wall.slice(0, 4)) * 12 + Number(wall.slice(5, 7)),
  );
  const count = last! - first!;
  return moved(lower, { months: count }) < upper ? count + 1 : count;
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

/** Names such as PST: browsers take them, and the list of zones has only a few of their kind. */
const NICKNAME = /^(?!(?:[CEMW]ET|[EHM]ST|GMT)$)[A-Z]{2}T$/i;

/** Whether a name is a zone that this browser and the server know. An offset is none. */
export function isZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone) || NICKNAME.test(zone)) return false;
  try {
    formatterOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** The seconds that the clocks of a zone show at an instant: before standard time not those of UTC. */
export function secondsOf(milliseconds: number, zone: string): string {
  return String(new Date(milliseconds + offsetOf(milliseconds, zone)).getUTCSeconds()).padStart(2, '0');
}

/** Whether clocks show the minute of an instant twice. */
export function isTwice(milliseconds: number, zone: string): boolean {
  const wall = wallOf(milliseconds, zone);
  const [before, after] = candidatesOf(wall, zone);
  return before !== after && wallOf(before, zone) === wall && wallOf(after, zone) === wall;
}

/** How far the clocks of a zone are ahead of UTC, in minutes. */
export function offsetMinutes(milliseconds: number, zone: string): number {
  return Math.floor(offsetOf(milliseconds, zone) / MINUTE);
}

/** When clocks would show that by the offsets of the day before and of the day after. */
function candidatesOf(wall: Wall, zone: string): [before: number, after: number] {
  const utc = wallNumber(wall);
  return [utc - offsetOf(utc - DAY, zone), utc - offsetOf(utc + DAY, zone)];
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
