-- Removes raw events of one day of a partition that are safe elsewhere.
--
-- KEYS[1]  the partition's own key
-- ARGV[1]  the day
-- ARGV[2]  the last entry that is safe; what came behind it stays
-- ARGV[3]  how many events these entries hold
--
-- Answers with 1, or 0 where the same was removed before.
local call = redis.call
local base = string.sub(KEYS[1], 1, -5)
local stream = base .. 'e:' .. ARGV[1]
call('EXISTS', KEYS[1])
call('EXISTS', base .. 'days')
-- An entry's name may come again when a clock steps back, so what was removed is written down.
if call('HGET', base .. 'archived', ARGV[1]) == ARGV[2] then return 0 end
local later = call('XRANGE', stream, '(' .. ARGV[2], '+', 'COUNT', 1)[1]

call('HSET', base .. 'archived', ARGV[1], ARGV[2])
if later then call('XTRIM', stream, 'MINID', later[1]) else call('DEL', stream) end
if call('HINCRBY', base .. 'days', ARGV[1], -ARGV[3]) <= 0 then call('HDEL', base .. 'days', ARGV[1]) end
return 1
