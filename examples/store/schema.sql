CREATE TABLE {notes} (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE {counters} (unmatched INTEGER NOT NULL, replays INTEGER NOT NULL);
INSERT INTO {counters} VALUES (0, 0);
CREATE TABLE {contacts} (
  uuid TEXT PRIMARY KEY, symbol TEXT, is_vowel INTEGER, initial_at INTEGER, followup_at INTEGER
) WITHOUT ROWID;
CREATE TABLE {events} (
  seq INTEGER PRIMARY KEY,
  uuid TEXT NOT NULL, id INTEGER NOT NULL, symbol TEXT, is_vowel INTEGER, at INTEGER NOT NULL, replay INTEGER NOT NULL,
  UNIQUE (uuid, id)
);
CREATE INDEX {events_at} ON {events} (at, seq);
CREATE TABLE {cells} (
  length INTEGER, start INTEGER, symbol TEXT, is_vowel INTEGER,
  count INTEGER NOT NULL, followups INTEGER NOT NULL, earliest INTEGER NOT NULL, latest INTEGER NOT NULL,
  PRIMARY KEY (length, start, symbol, is_vowel)
) WITHOUT ROWID;
