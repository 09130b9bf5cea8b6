-- Makes all that follows from the events again, in one transaction, while no batch is written.

INSERT IGNORE INTO {counters} VALUES (1, 0, 0);
SELECT one FROM {counters} FOR UPDATE;

-- Of the contacts that are known from before the date up to which events were removed, that stays.
SET @before = (SELECT CAST(value AS SIGNED) FROM {notes} WHERE name = 'removed:before');
DELETE FROM {contacts}
WHERE COALESCE(initial_at >= @before, TRUE) AND COALESCE(followup_at >= @before, TRUE);
UPDATE {contacts} SET symbol = NULL, is_vowel = NULL, initial_at = NULL WHERE initial_at >= @before;
UPDATE {contacts} SET followup_at = NULL WHERE followup_at >= @before;

INSERT INTO {contacts}
SELECT * FROM (
  SELECT uuid, MIN(symbol) AS symbol, MAX(is_vowel) AS is_vowel,
    MIN(CASE WHEN symbol IS NOT NULL THEN at END) AS initial_at, MIN(CASE WHEN symbol IS NULL THEN at END) AS followup_at
  FROM {events} WHERE NOT replay GROUP BY uuid
) AS logged
ON DUPLICATE KEY UPDATE
  symbol = COALESCE(VALUES(symbol), {contacts}.symbol), is_vowel = COALESCE(VALUES(is_vowel), {contacts}.is_vowel),
  initial_at = COALESCE(VALUES(initial_at), {contacts}.initial_at),
  followup_at = COALESCE(VALUES(followup_at), {contacts}.followup_at);

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
  replays = (SELECT COUNT(*) FROM {events} WHERE replay)
    + COALESCE((SELECT CAST(value AS SIGNED) FROM {notes} WHERE name = 'removed:replays'), 0);
