// Whoever writes, or sums what is written, holds the lock on the store's one node: what is not locked is read in
// Neo4j while a commit changes it. Setting a property to what it is locks its node, and writes nothing.

// name: format
MATCH (store:{Store} {one: 1}) RETURN store.format AS value
// name: create
MERGE (store:{Store} {one: 1})
ON CREATE SET store.lock = true, store.format = $format, store.seq = 0, store.unmatched = 0, store.replays = 0
FOREACH (letter IN $letters | MERGE (:{Symbol} {letter: letter}))
// name: logged
UNWIND $events AS asked
MATCH (event:{Event} {uuid: asked.uuid, id: asked.id})
RETURN event {.uuid, .id, .replay} AS row
// name: writeEvents
MATCH (store:{Store} {one: 1})
WITH store, store.seq AS seq
SET store.seq = seq + size($events), store.unmatched = store.unmatched + $unmatched, store.replays = store.replays + $replays
WITH seq
UNWIND range(0, size($events) - 1) AS place
WITH seq + place AS seq, $events[place] AS row
MERGE (contact:{Contact} {uuid: row.uuid})
CREATE (contact)-[:SENT]->(event:{Event} {seq: seq})
SET event += row
// name: writeContacts
UNWIND $contacts AS row
MATCH (contact:{Contact} {uuid: row.uuid})
WITH contact, row, contact.symbol IS NULL AND row.symbol IS NOT NULL AS has_begun
SET contact += row
WITH contact, row, row.initial_at - ((row.initial_at % $day) + $day) % $day AS start
WHERE has_begun
MATCH (symbol:{Symbol} {letter: row.symbol})
MERGE (day:{Day} {date: date(datetime({epochMillis: start / 1000}))})
CREATE (contact)-[:SAID]->(symbol), (contact)-[:CAME_ON]->(day)
// name: writeCells
UNWIND $cells AS row
MERGE (cell:{Cell} {length: row.length, start: row.start, symbol: row.symbol, is_vowel: row.is_vowel})
ON CREATE SET cell += row
ON MATCH SET cell.count = cell.count + row.count, cell.followups = cell.followups + row.followups,
  cell.earliest = CASE WHEN row.earliest < cell.earliest THEN row.earliest ELSE cell.earliest END,
  cell.latest = CASE WHEN row.latest > cell.latest THEN row.latest ELSE cell.latest END
// name: sums
MATCH (store:{Store} {one: 1}) SET store.lock = true
WITH store
UNWIND $runs AS run
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
MATCH (contact:{Contact} {uuid: $uuid})
WITH contact, COUNT { (contact)-[:SENT]->() } AS total
MATCH (contact)-[:SENT]->(event)
RETURN event {.seq, .uuid, .id, .symbol, .is_vowel, .at, .replay, total: total} AS row
ORDER BY event.at, event.seq LIMIT $eventsMax
// name: note
MATCH (store:{Store} {one: 1}) SET store.lock = true
MERGE (store)-[:HAS]->(note:{Note} {name: $name}) SET note.value = $text
// name: forget
MATCH (note:{Note} {name: $name}) DETACH DELETE note
// name: noted
MATCH (note:{Note}) WHERE note.name STARTS WITH $beginning RETURN note.name AS name, note.value AS value
// name: ping
RETURN 1
