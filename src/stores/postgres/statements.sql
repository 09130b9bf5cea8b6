-- name: alone
SELECT pg_advisory_lock(hashtextextended($1, 0))
-- name: found
SELECT to_regclass($1) IS NOT NULL AS is_there
-- name: schema
SELECT to_regnamespace($1) IS NOT NULL AS is_there
-- name: settings
SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')
-- name: lock
SELECT FROM counters FOR UPDATE
-- name: logged
-- One look into the index for each event, and for each contact below: planned while there were few, a join of both
-- went on to read all of them, until PostgreSQL had counted them again.
SELECT asked.uuid, asked.id, replay FROM unnest($1::uuid[], $2::bigint[]) AS asked (uuid, id)
CROSS JOIN LATERAL (SELECT replay FROM events WHERE uuid = asked.uuid AND id = asked.id OFFSET 0) AS event
-- name: write
WITH logged AS (
  INSERT INTO events (uuid, id, symbol, is_vowel, at, replay)
  SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::boolean[], $5::bigint[], $6::boolean[])
), changed AS (
  INSERT INTO contacts SELECT * FROM unnest($7::uuid[], $8::text[], $9::boolean[], $10::bigint[], $11::bigint[])
  ON CONFLICT (uuid) DO UPDATE SET symbol = EXCLUDED.symbol, is_vowel = EXCLUDED.is_vowel,
    initial_at = EXCLUDED.initial_at, followup_at = EXCLUDED.followup_at
), counted AS (
  UPDATE counters SET unmatched = unmatched + $12, replays = replays + $13
  WHERE $12::bigint <> 0 OR $13::bigint <> 0
)
INSERT INTO cells AS c
SELECT * FROM unnest($14::bigint[], $15::bigint[], $16::text[], $17::boolean[],
  $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[])
ON CONFLICT (length, start, symbol, is_vowel) DO UPDATE SET
  count = c.count + EXCLUDED.count, followups = c.followups + EXCLUDED.followups,
  earliest = least(c.earliest, EXCLUDED.earliest), latest = greatest(c.latest, EXCLUDED.latest)
-- name: sums
-- One look into the index for each run: a join of both was planned as a reading of all cells where there are many.
SELECT question, symbol, is_vowel, sum(count) AS count, sum(followups) AS followups,
  min(earliest) AS earliest, max(latest) AS latest
FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[]) AS run (question, length, lower, upper)
CROSS JOIN LATERAL (
  SELECT * FROM cells WHERE length = run.length AND start >= run.lower AND start < run.upper OFFSET 0
) AS cell
GROUP BY question, symbol, is_vowel
-- name: contacts
SELECT contact.uuid, symbol, is_vowel, initial_at, followup_at FROM unnest($1::uuid[]) AS asked (uuid)
CROSS JOIN LATERAL (SELECT * FROM contacts WHERE uuid = asked.uuid OFFSET 0) AS contact
-- name: everyContact
SELECT uuid, symbol, is_vowel, initial_at, followup_at FROM contacts
WHERE uuid >= $1 AND uuid IS DISTINCT FROM $2::uuid ORDER BY uuid LIMIT 4096
-- name: snapshot
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY
-- name: remove
DELETE FROM events WHERE seq IN (
  SELECT seq FROM events WHERE at >= $1 AND at < $2 AND seq <= $3 ORDER BY at, seq LIMIT $4
) RETURNING at, replay
-- name: note
INSERT INTO notes VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value
-- name: noted
SELECT key AS name, value FROM notes WHERE starts_with(key, $1)
-- name: forget
DELETE FROM notes WHERE key = $1
-- name: ping
SELECT CASE
  WHEN pg_is_in_recovery() THEN 'it is a standby: name its primary in the store URL'
  WHEN current_setting('default_transaction_read_only')::boolean THEN
    'default_transaction_read_only is on: set it to off for its user, its database or the server'
END AS hindrance
