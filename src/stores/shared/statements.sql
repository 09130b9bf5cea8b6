-- What is asked of every engine that speaks SQL in the same words; none has one of these in a file of its own. A number
-- is the place of a value, which each writes in its own way: `{1}` is $1 or a question mark, so each stands there once,
-- and in the order of their numbers.

-- name: counters
SELECT unmatched, replays FROM {counters}
-- name: end
SELECT coalesce(max(seq), 0) AS seq FROM {events}
-- name: page
SELECT seq, uuid, id, symbol, is_vowel, at, replay FROM {events}
WHERE at >= {1} AND (at > {2} OR seq > {3}) AND at < {4} AND seq <= {5} ORDER BY at, seq LIMIT 1000
-- name: last
SELECT uuid, id, symbol, is_vowel, at, replay
FROM (SELECT * FROM {events} ORDER BY seq DESC LIMIT {1}) AS last ORDER BY seq
-- name: story
SELECT uuid, id, symbol, is_vowel, at, replay, count(*) OVER () AS total
FROM {events} WHERE uuid = {1} ORDER BY at, seq LIMIT {2}
-- name: next
SELECT min(at) AS at FROM {events} WHERE at >= {1}
-- name: day
SELECT count(*) AS events, coalesce(max(seq), 0) AS last FROM {events} WHERE at >= {1} AND at < {2}
