-- Reads contacts of one partition.
--
-- KEYS[1]  the partition's own key
-- ARGV[1]  the store's name
-- ARGV     for each contact: its bucket, its uuid (16 bytes)
--
-- Answers with the value of each, or nil.
if redis.call('HGET', KEYS[1], 'store') ~= ARGV[1] then
  return redis.error_reply('TALLYBOARD the partition is gone')
end
local base = string.sub(KEYS[1], 1, -5)
local values = {}
for i = 2, #ARGV, 2 do
  values[i / 2] = redis.call('HGET', base .. 'c:' .. ARGV[i], ARGV[i + 1])
end
return values
