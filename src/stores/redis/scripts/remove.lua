-- Removes raw events of one day of a partition that are safe elsewhere.
--
-- KEYS[1]  the partition's own key
-- ARGV[1]  the day
-- ARGV[2]  the last entry that is safe; what came behind it stays
-- ARGV[3]  how many events these entries hold
--
-- Answers with the number of entries removed. When it is called again there is nothing left to remove.
local base = string.sub(KEYS[1], 1, -5)
local stream = base .. 'e:' .. ARGV[1]
redis.call('EXISTS', base .. 'days')
local entries = redis.call('XRANGE', stream, '-', ARGV[2], 'COUNT', 1)
if #entries == 0 then return 0 end
local removed
local later = redis.call('XRANGE', stream, '(' .. ARGV[2], '+', 'COUNT', 1)
if #later == 0 then
  removed = redis.call('XLEN', stream)
  redis.call('DEL', stream)
else
  removed = redis.call('XTRIM', stream, 'MINID', later[1][1])
end
if redis.call('HINCRBY', base .. 'days', ARGV[1], -tonumber(ARGV[3])) <= 0 then
  redis.call('HDEL', base .. 'days', ARGV[1])
end
redis.call('HINCRBY', KEYS[1], 'archived', ARGV[3])
return removed
