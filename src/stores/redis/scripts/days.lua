-- Reads where the raw events of one partition end now.
--
-- KEYS[1]  the partition's own key
--
-- Answers, for each day that has raw events, with the day, their number, and the last entry of its stream.
if redis.call('EXISTS', KEYS[1]) == 0 then
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
  end
end
return result
