-- name: found
SELECT name FROM sqlite_master WHERE name = '{notes}'
-- name: note
INSERT INTO {notes} VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value
-- name: noted
SELECT name, value FROM {notes} WHERE instr(name, ?) = 1
-- name: forget
DELETE FROM {notes} WHERE name = ?
-- name: contacts
SELECT uuid, symbol, is_vowel, initial_at, followup_at FROM {contacts}
WHERE uuid IN (SELECT value FROM json_each(?))
-- name: logged
SELECT uuid, id, replay FROM {events}
WHERE (uuid, id) IN (SELECT value ->> 'uuid', value ->> 'id' FROM json_each(?))
-- name: writeEvents
INSERT INTO {events} (uuid, id, symbol, is_vowel, at, replay)
SELECT value ->> 'uuid', value ->> 'id', value ->> 'symbol', value ->> 'is_vowel', value ->> 'at', value ->> 'replay'
FROM json_each(?)
-- name: writeContacts
INSERT OR REPLACE INTO {contacts}
SELECT value ->> 'uuid', value ->> 'symbol', value ->> 'is_vowel', value ->> 'initial_at', value ->> 'followup_at'
FROM json_each(?)
-- name: writeCells
INSERT INTO {cells}
SELECT value ->> 'length', value ->> 'start', value ->> 'symbol', value ->> 'is_vowel', value ->> 'count',
  value ->> 'followups', value ->> 'earliest', value ->> 'latest'
FROM json_each(?) WHERE true
ON CONFLICT DO UPDATE SET count = count + excluded.count, followups = followups + excluded.followups,
  earliest = min(earliest, excluded.earliest), latest = max(latest, excluded.latest)
-- name: writeCounters
UPDATE {counters} SET unmatched = unmatched + ?, replays = replays + ?
-- name: sums
SELECT run.value ->> 'question' AS question, symbol, is_vowel, sum(count) AS count, sum(followups) AS followups,
  min(earliest) AS earliest, max(latest) AS latest
FROM json_each(?) AS run CROSS JOIN {cells}
WHERE length = run.value ->> 'length' AND start >= run.value ->> 'lower' AND start < run.value ->> 'upper'
GROUP BY 1, 2, 3
-- name: counters
SELECT unmatched, replays FROM {counters}
-- name: page
SELECT * FROM {events} WHERE (at, seq) > (?, ?) AND at < ? ORDER BY at, seq LIMIT 1000
-- name: last
SELECT * FROM (SELECT * FROM {events} ORDER BY seq DESC LIMIT ?) ORDER BY seq
-- name: story
SELECT *, count(*) OVER () AS total FROM {events} WHERE uuid = ? ORDER BY at, seq LIMIT ?
-- name: ping
SELECT 1
