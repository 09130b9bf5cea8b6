-- Reads contacts of one partition.
--
-- KEYS[1]  the partition's own key
-- ARGV     for each contact: its bucket, its uuid (16 bytes)
--
-- Answers with the value of each, or nil.
local base = string.sub(KEYS[1], 1, -5)
local values = {}
for i = 1, #ARGV, 2 do
  values[(i + 1) / 2] = redis.call('HGET', base .. 'c:' .. ARGV[i], ARGV[i + 1])
end
return values
