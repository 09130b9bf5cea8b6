-- Reads where the raw events of one partition end now.
--
-- KEYS[1]  the partition's own key
-- ARGV[1]  the store's name
--
-- Answers, for each day that has raw events, with the day, their number, the last entry of its stream, and the
-- entry up to which events of the day were moved out before, '0-0' where none were.
if redis.call('HGET', KEYS[1], 'store') ~= ARGV[1] then
  return redis.error_reply('TALLYBOARD the partition is gone')
end
local base = string.sub(KEYS[1], 1, -5)
local days = redis.call('HGETALL', base .. 'days')
local result = {}
for i = 1, #days, 2 do
  local last = redis.call('XREVRANGE', base .. 'e:' .. days[i], '+', '-', 'COUNT', 1)[1]
  if last then
    result[#result + 1] = days[i]
    result[#result + 1] = days[i + 1]
    result[#result + 1] = last[1]
    result[#result + 1] = redis.call('HGET', base .. 'archived', days[i]) or '0-0'
  end
end
return result
