-- Makes all that follows from the events again, in one transaction, while no batch is written.

INSERT INTO counters SELECT 0, 0 WHERE NOT EXISTS (SELECT FROM counters);
SELECT FROM counters FOR UPDATE;

DELETE FROM contacts;
INSERT INTO contacts
SELECT uuid, min(symbol), bool_or(is_vowel),
  min(at) FILTER (WHERE symbol IS NOT NULL), min(at) FILTER (WHERE symbol IS NULL)
FROM events WHERE NOT replay GROUP BY uuid;

DELETE FROM cells;
INSERT INTO cells
SELECT length, coalesce(initial_at - (initial_at % nullif(length, 0) + length) % nullif(length, 0), 0) AS start,
  symbol, is_vowel, count(*), count(followup_at), min(initial_at), max(initial_at)
FROM contacts CROSS JOIN (VALUES (0::bigint), (86400000000), (3600000000), (60000000)) AS lengths (length)
WHERE symbol IS NOT NULL
GROUP BY length, start, symbol, is_vowel;

UPDATE counters SET unmatched = (SELECT count(*) FROM contacts WHERE symbol IS NULL),
  replays = (SELECT count(*) FROM events WHERE replay);
