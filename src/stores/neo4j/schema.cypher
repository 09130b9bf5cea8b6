// Without constraints, MERGE makes a node twice where two transactions meet. Instants are microseconds since 1970
// in UTC: datetime({epochMillis: at / 1000}) makes times of them.

CREATE CONSTRAINT IF NOT EXISTS FOR (store:{Store}) REQUIRE store.one IS UNIQUE;
CREATE CONSTRAINT IF NOT EXISTS FOR (contact:{Contact}) REQUIRE contact.uuid IS UNIQUE;
CREATE CONSTRAINT IF NOT EXISTS FOR (symbol:{Symbol}) REQUIRE symbol.letter IS UNIQUE;
CREATE CONSTRAINT IF NOT EXISTS FOR (day:{Day}) REQUIRE day.date IS UNIQUE;
// The raw events, by arrival. A followup has no symbol.
CREATE CONSTRAINT IF NOT EXISTS FOR (event:{Event}) REQUIRE event.seq IS UNIQUE;
CREATE CONSTRAINT IF NOT EXISTS FOR (event:{Event}) REQUIRE (event.uuid, event.id) IS UNIQUE;
CREATE INDEX IF NOT EXISTS FOR (event:{Event}) ON (event.at, event.seq);
// The roll-ups, by the length of the bucket in microseconds: 0 is all time.
CREATE CONSTRAINT IF NOT EXISTS FOR (cell:{Cell}) REQUIRE (cell.length, cell.start, cell.symbol, cell.is_vowel) IS UNIQUE;
CALL db.awaitIndexes(300);
MERGE (store:{Store} {one: 1}) ON CREATE SET store.lock = true, store.seq = 0, store.unmatched = 0, store.replays = 0;
