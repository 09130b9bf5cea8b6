-- Instants are microseconds since 1970 in UTC; instant() makes timestamps of them.

CREATE TABLE IF NOT EXISTS notes (key text PRIMARY KEY, value text NOT NULL);

CREATE TABLE IF NOT EXISTS counters (unmatched bigint NOT NULL, replays bigint NOT NULL);
INSERT INTO counters SELECT 0, 0 WHERE NOT EXISTS (SELECT FROM counters);

CREATE TABLE IF NOT EXISTS contacts (
  uuid uuid PRIMARY KEY, symbol text, is_vowel boolean, initial_at bigint, followup_at bigint
);

-- The raw events, by arrival. A followup has no symbol.
CREATE TABLE IF NOT EXISTS events (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uuid uuid NOT NULL, id bigint NOT NULL, symbol text, is_vowel boolean, at bigint NOT NULL, replay boolean NOT NULL,
  UNIQUE (uuid, id)
);
CREATE INDEX IF NOT EXISTS events_at ON events (at, seq);

-- The roll-ups, by the length of the bucket in microseconds: 0 is all time.
CREATE TABLE IF NOT EXISTS cells (
  length bigint, start bigint, symbol text, is_vowel boolean,
  count bigint NOT NULL, followups bigint NOT NULL, earliest bigint NOT NULL, latest bigint NOT NULL,
  PRIMARY KEY (length, start, symbol, is_vowel)
) WITH (fillfactor = 50);

CREATE OR REPLACE FUNCTION instant(microseconds bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT timestamptz 'epoch' + microseconds * interval '1 microsecond' $$;
