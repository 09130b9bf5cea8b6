// Whoever writes, or sums what is written, holds the lock on the store's one node: what is not locked is read in
// Neo4j while a commit changes it. Setting a property to what it is locks its node, and writes nothing.

// name: lock
MATCH (store:{Store} {one: 1}) SET store.lock = true RETURN store.one AS one
// name: logged
UNWIND $rows AS asked
MATCH (event:{Event} {uuid: asked.uuid, id: asked.id})
RETURN event {.uuid, .id, .replay} AS row
// name: writeEvents
MATCH (store:{Store} {one: 1}) SET store.seq = store.seq + size($rows)
WITH store.seq - size($rows) AS first
UNWIND range(0, size($rows) - 1) AS place
WITH first + place AS seq, $rows[place] AS row
MERGE (contact:{Contact} {uuid: row.uuid})
CREATE (contact)-[:SENT]->(event:{Event} {seq: seq})
SET event += row
// name: writeContacts
UNWIND $rows AS row
MATCH (contact:{Contact} {uuid: row.uuid})
SET contact += row
WITH contact, row
WHERE row.symbol IS NOT NULL
MERGE (symbol:{Symbol} {letter: row.symbol})
MERGE (day:{Day} {date: date(datetime({epochMillis: 0}) + duration({microseconds: row.initial_at}))})
MERGE (contact)-[:SAID]->(symbol)
MERGE (contact)-[:CAME_ON]->(day)
// name: writeCounters
MATCH (store:{Store} {one: 1})
SET store.unmatched = store.unmatched + $unmatched, store.replays = store.replays + $replays
// name: writeCells
UNWIND $rows AS row
MERGE (cell:{Cell} {length: row.length, start: row.start, symbol: row.symbol, is_vowel: row.is_vowel})
ON CREATE SET cell += row
ON MATCH SET cell.count = cell.count + row.count, cell.followups = cell.followups + row.followups,
  cell.earliest = CASE WHEN row.earliest < cell.earliest THEN row.earliest ELSE cell.earliest END,
  cell.latest = CASE WHEN row.latest > cell.latest THEN row.latest ELSE cell.latest END
// name: sums
MATCH (store:{Store} {one: 1}) SET store.lock = true
WITH store
UNWIND $rows AS run
MATCH (cell:{Cell})
WHERE cell.length = run.length AND cell.start >= run.lower AND cell.start < run.upper
  AND cell.symbol IS NOT NULL AND cell.is_vowel IS NOT NULL
RETURN run.question AS question, cell.symbol AS symbol, cell.is_vowel AS is_vowel, sum(cell.count) AS count,
  sum(cell.followups) AS followups, min(cell.earliest) AS earliest, max(cell.latest) AS latest
// name: counters
MATCH (store:{Store} {one: 1}) SET store.lock = true
RETURN store {.unmatched, .replays} AS row
// name: end
MATCH (store:{Store} {one: 1}) SET store.lock = true
RETURN store.seq - 1 AS seq
// name: contacts
MATCH (store:{Store} {one: 1}) SET store.lock = true
WITH store
UNWIND $uuids AS uuid
MATCH (contact:{Contact} {uuid: uuid})
RETURN contact {.uuid, .symbol, .is_vowel, .initial_at, .followup_at} AS row
// name: page
MATCH (event:{Event}) USING INDEX event:{Event}(at, seq)
WHERE event.at >= $from AND event.at < $upper AND event.seq IS NOT NULL
  AND event.seq <= $end AND NOT (event.at = $at AND event.seq <= $seq)
RETURN event {.seq, .uuid, .id, .symbol, .is_vowel, .at, .replay} AS row
ORDER BY event.at, event.seq LIMIT 1000
// name: last
MATCH (store:{Store} {one: 1}) SET store.lock = true
WITH store.seq AS seq
MATCH (event:{Event}) WHERE event.seq >= seq - $eventsMax
RETURN event {.seq, .uuid, .id, .symbol, .is_vowel, .at, .replay} AS row
ORDER BY event.seq
// name: story
MATCH (store:{Store} {one: 1}) SET store.lock = true
WITH store
MATCH (contact:{Contact} {uuid: $uuid})-[:SENT]->(event)
RETURN event {.uuid, .id, .symbol, .is_vowel, .at, .replay, total: COUNT { (contact)-[:SENT]->() }} AS row
ORDER BY event.at, event.seq LIMIT $eventsMax
// name: note
MATCH (store:{Store} {one: 1}) SET store.lock = true
MERGE (store)-[:HAS]->(note:{Note} {name: $name}) SET note.value = $text
// name: forget
MATCH (note:{Note} {name: $name}) DETACH DELETE note
// name: noted
MATCH (note:{Note}) WHERE note.name STARTS WITH $beginning RETURN note.name AS name, note.value AS value
// name: ping
RETURN null AS hindrance
