-- Makes all that follows from the events again, in one transaction, while no batch is written.

INSERT IGNORE INTO {counters} VALUES (1, 0, 0);
SELECT one FROM {counters} FOR UPDATE;

DELETE FROM {contacts};
INSERT INTO {contacts}
SELECT uuid, MIN(symbol), MAX(is_vowel),
  MIN(CASE WHEN symbol IS NOT NULL THEN at END), MIN(CASE WHEN symbol IS NULL THEN at END)
FROM {events} WHERE NOT replay GROUP BY uuid;

DELETE FROM {cells};
INSERT INTO {cells}
SELECT length, COALESCE(initial_at - (initial_at % NULLIF(length, 0) + length) % NULLIF(length, 0), 0) AS start,
  symbol, is_vowel, COUNT(*), COUNT(followup_at), MIN(initial_at), MAX(initial_at)
FROM {contacts} CROSS JOIN (
  SELECT 0 AS length UNION ALL SELECT 86400000000 UNION ALL SELECT 3600000000 UNION ALL SELECT 60000000
) AS lengths
WHERE symbol IS NOT NULL
GROUP BY length, start, symbol, is_vowel;

UPDATE {counters} SET unmatched = (SELECT COUNT(*) FROM {contacts} WHERE symbol IS NULL),
  replays = (SELECT COUNT(*) FROM {events} WHERE replay);
