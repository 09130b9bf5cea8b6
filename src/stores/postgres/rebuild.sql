-- Makes all that follows from the events again, in one transaction, while no batch is written.

INSERT INTO counters SELECT 0, 0 WHERE NOT EXISTS (SELECT FROM counters);
SELECT FROM counters FOR UPDATE;

-- Of the contacts that are known from before the date up to which events were removed, that stays.
DELETE FROM contacts
USING (SELECT max(value::bigint) AS before FROM notes WHERE key = 'removed:before') AS removed
WHERE coalesce(initial_at >= before, true) AND coalesce(followup_at >= before, true);
UPDATE contacts SET symbol = NULL, is_vowel = NULL, initial_at = NULL
WHERE initial_at >= (SELECT max(value::bigint) FROM notes WHERE key = 'removed:before');
UPDATE contacts SET followup_at = NULL
WHERE followup_at >= (SELECT max(value::bigint) FROM notes WHERE key = 'removed:before');

INSERT INTO contacts AS c
SELECT uuid, min(symbol), bool_or(is_vowel),
  min(at) FILTER (WHERE symbol IS NOT NULL), min(at) FILTER (WHERE symbol IS NULL)
FROM events WHERE NOT replay GROUP BY uuid
ON CONFLICT (uuid) DO UPDATE SET
  symbol = coalesce(EXCLUDED.symbol, c.symbol), is_vowel = coalesce(EXCLUDED.is_vowel, c.is_vowel),
  initial_at = coalesce(EXCLUDED.initial_at, c.initial_at),
  followup_at = coalesce(EXCLUDED.followup_at, c.followup_at);

DELETE FROM cells;
INSERT INTO cells
SELECT length, coalesce(initial_at - (initial_at % nullif(length, 0) + length) % nullif(length, 0), 0) AS start,
  symbol, is_vowel, count(*), count(followup_at), min(initial_at), max(initial_at)
FROM contacts CROSS JOIN (VALUES (0::bigint), (86400000000), (3600000000), (60000000)) AS lengths (length)
WHERE symbol IS NOT NULL
GROUP BY length, start, symbol, is_vowel;

UPDATE counters SET unmatched = (SELECT count(*) FROM contacts WHERE symbol IS NULL),
  replays = (SELECT count(*) FROM events WHERE replay)
    + coalesce((SELECT value::bigint FROM notes WHERE key = 'removed:replays'), 0);
