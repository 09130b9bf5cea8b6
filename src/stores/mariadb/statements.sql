-- name: alone
SELECT GET_LOCK(?, 60)
-- name: settings
SELECT LOWER(variable_name) AS name, variable_value AS setting FROM information_schema.global_variables
WHERE variable_name IN ('innodb_flush_log_at_trx_commit', 'innodb_doublewrite', 'log_bin', 'sync_binlog')
-- name: found
SELECT count(*) > 0 AS is_there FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?
-- name: lock
SELECT one FROM {counters} FOR UPDATE
-- name: logged
SELECT e.uuid, e.id, e.replay
FROM JSON_TABLE(?, '$[*]' COLUMNS (uuid CHAR(36) CHARACTER SET ascii PATH '$.uuid', id BIGINT PATH '$.id')) AS asked
STRAIGHT_JOIN {events} AS e ON e.uuid = asked.uuid AND e.id = asked.id
-- name: writeEvents
INSERT INTO {events} (uuid, id, symbol, is_vowel, at, replay)
SELECT uuid, id, symbol, is_vowel, at, replay FROM JSON_TABLE(?, '$[*]' COLUMNS (place FOR ORDINALITY,
  uuid CHAR(36) CHARACTER SET ascii PATH '$.uuid', id BIGINT PATH '$.id', symbol CHAR(1) PATH '$.symbol',
  is_vowel BOOLEAN PATH '$.is_vowel', at BIGINT PATH '$.at', replay BOOLEAN PATH '$.replay')) AS n ORDER BY place
-- name: writeContacts
INSERT INTO {contacts}
SELECT uuid, symbol, is_vowel, initial_at, followup_at FROM JSON_TABLE(?, '$[*]' COLUMNS (place FOR ORDINALITY,
  uuid CHAR(36) CHARACTER SET ascii PATH '$.uuid', symbol CHAR(1) PATH '$.symbol', is_vowel BOOLEAN PATH '$.is_vowel',
  initial_at BIGINT PATH '$.initial_at', followup_at BIGINT PATH '$.followup_at')) AS n ORDER BY place
ON DUPLICATE KEY UPDATE symbol = VALUES(symbol), is_vowel = VALUES(is_vowel),
  initial_at = VALUES(initial_at), followup_at = VALUES(followup_at)
-- name: writeCounters
UPDATE {counters} SET unmatched = unmatched + ?, replays = replays + ?
-- name: writeCells
INSERT INTO {cells}
SELECT length, start, symbol, is_vowel, count, followups, earliest, latest
FROM JSON_TABLE(?, '$[*]' COLUMNS (place FOR ORDINALITY,
  length BIGINT PATH '$.length', start BIGINT PATH '$.start', symbol CHAR(1) PATH '$.symbol',
  is_vowel BOOLEAN PATH '$.is_vowel', count BIGINT PATH '$.count', followups BIGINT PATH '$.followups',
  earliest BIGINT PATH '$.earliest', latest BIGINT PATH '$.latest')) AS n ORDER BY place
ON DUPLICATE KEY UPDATE
  count = {cells}.count + VALUES(count), followups = {cells}.followups + VALUES(followups),
  earliest = LEAST({cells}.earliest, VALUES(earliest)), latest = GREATEST({cells}.latest, VALUES(latest))
-- name: run
SELECT ? AS question, symbol, is_vowel, count, followups, earliest, latest
FROM {cells} WHERE length = ? AND start >= ? AND start < ?
-- name: sums
SELECT question, symbol, is_vowel, SUM(count) AS count, SUM(followups) AS followups,
  MIN(earliest) AS earliest, MAX(latest) AS latest
FROM (RUNS) AS found GROUP BY question, symbol, is_vowel
-- name: contacts
SELECT uuid, symbol, is_vowel, initial_at, followup_at FROM {contacts} WHERE uuid IN (?)
-- name: everyContact
SELECT uuid, symbol, is_vowel, initial_at, followup_at FROM {contacts}
WHERE uuid >= ? AND NOT uuid <=> ? ORDER BY uuid LIMIT 4096
-- name: snapshot
START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY
-- name: remove
DELETE FROM {events} WHERE at >= ? AND at < ? AND seq <= ? ORDER BY at, seq LIMIT ? RETURNING at, replay
-- name: note
REPLACE INTO {notes} VALUES (?, ?)
-- name: noted
SELECT name, value FROM {notes} WHERE LOCATE(?, name) = 1
-- name: forget
DELETE FROM {notes} WHERE name = ?
-- name: ping
SELECT IF(@@read_only, 'read_only is on: name the server that is written to in the store URL, or set it to OFF', NULL)
  AS hindrance
