// The original's statements, each as plain as it was; GROUP BY is_vowel splits its answers by guess.

export const TABLE =
  'CREATE TABLE IF NOT EXISTS api_events (uuid text, symbol text, is_vowel int, url text, date text)';
export const COLUMNS = 'uuid, symbol, is_vowel, url, date';

const TALLY = `
  SELECT is_vowel, COUNT(*) AS count, max(date) AS latest, min(date) AS earliest
  FROM api_events
  WHERE symbol = ?`;

const FOLLOWUPS_HEAD = `
  SELECT ids.is_vowel, COUNT(*) AS count
  FROM (SELECT uuid, is_vowel FROM api_events WHERE symbol = ?`;
const FOLLOWUPS_TAIL = `) ids
  INNER JOIN (SELECT * FROM api_events WHERE url = 'followup') followups ON ids.uuid = followups.uuid
  GROUP BY ids.is_vowel`;

// The original's strict comparison of texts. A bound is printed to the minute only, and a text sorts before
// every longer one that begins with it: so '2017-06-28 10:30' lies before '2017-06-28 10:30:00', and the
// strict comparison is exactly the contract's half-open one, also for dates without a fraction.
const IN_RANGE = ' AND ? < date AND date < ?';

export const INSERT = `INSERT INTO api_events (${COLUMNS}) VALUES (?, ?, ?, ?, ?)`;
export const SYMBOL_TALLY = `${TALLY} GROUP BY is_vowel`;
export const SYMBOL_FOLLOWUPS = `${FOLLOWUPS_HEAD}${FOLLOWUPS_TAIL}`;
export const RANGE_TALLY = `${TALLY}${IN_RANGE} GROUP BY is_vowel`;
export const RANGE_FOLLOWUPS = `${FOLLOWUPS_HEAD}${IN_RANGE}${FOLLOWUPS_TAIL}`;

export const UNMATCHED = `
  SELECT COUNT(DISTINCT uuid) AS count
  FROM api_events
  WHERE url = 'followup'
    AND uuid NOT IN (SELECT uuid FROM api_events WHERE url = 'initial' AND uuid IS NOT NULL)`;

// Python leaves out the fraction of a date whose microseconds are zero; with it, texts sort as instants do.
const FULL_DATE = `substr(date || '.000000', 1, 26)`;

/** How many raw events are in memory at a time. */
export const PAGE_EVENTS_MAX = 1000;

export const ORDER_TABLE = 'CREATE TEMP TABLE reading (event INTEGER)';
export const SINCE = `${FULL_DATE} >= ?`;
export const UNTIL = `${FULL_DATE} < ?`;

/** Fills the temporary table with the row numbers of a span, in time order. */
export function fillOrder(conditions: readonly string[]): string {
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  return `
  INSERT INTO reading
  SELECT rowid FROM main.api_events ${where}
  ORDER BY ${FULL_DATE}, rowid`;
}

export const PAGE = `
  SELECT reading.rowid AS place, api_events.rowid AS id, ${COLUMNS}
  FROM temp.reading JOIN main.api_events ON api_events.rowid = reading.event
  WHERE reading.rowid > ?
  ORDER BY reading.rowid
  LIMIT ${PAGE_EVENTS_MAX}`;
