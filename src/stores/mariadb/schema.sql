-- Instants are microseconds since 1970 in UTC: TIMESTAMPADD(MICROSECOND, at, '1970-01-01') makes times of them.

CREATE TABLE IF NOT EXISTS {notes} (name VARCHAR(32) PRIMARY KEY, value TEXT NOT NULL)
  ENGINE = InnoDB CHARACTER SET utf8mb4;

CREATE TABLE IF NOT EXISTS {counters} (
  one INT PRIMARY KEY, unmatched BIGINT NOT NULL, replays BIGINT NOT NULL
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS {contacts} (
  uuid CHAR(36) PRIMARY KEY, symbol CHAR(1), is_vowel BOOLEAN, initial_at BIGINT, followup_at BIGINT
) ENGINE = InnoDB CHARACTER SET ascii COLLATE ascii_bin;

-- The raw events, by arrival. A followup has no symbol.
CREATE TABLE IF NOT EXISTS {events} (
  seq BIGINT AUTO_INCREMENT PRIMARY KEY,
  uuid CHAR(36) NOT NULL, id BIGINT NOT NULL, symbol CHAR(1), is_vowel BOOLEAN, at BIGINT NOT NULL, replay BOOLEAN NOT NULL,
  UNIQUE (uuid, id), INDEX (at, seq)
) ENGINE = InnoDB CHARACTER SET ascii COLLATE ascii_bin;

-- The roll-ups, by the length of the bucket in microseconds: 0 is all time.
CREATE TABLE IF NOT EXISTS {cells} (
  length BIGINT, start BIGINT, symbol CHAR(1), is_vowel BOOLEAN,
  count BIGINT NOT NULL, followups BIGINT NOT NULL, earliest BIGINT NOT NULL, latest BIGINT NOT NULL,
  PRIMARY KEY (length, start, symbol, is_vowel)
) ENGINE = InnoDB CHARACTER SET ascii COLLATE ascii_bin;

INSERT IGNORE INTO {counters} VALUES (1, 0, 0);
