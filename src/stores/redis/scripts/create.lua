-- Fixes the settings of a store where there is none yet.
--
-- KEYS[1]  the settings' key
-- ARGV     the settings as fields and values
--
-- Answers with the settings that hold now.
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('HSET', KEYS[1], unpack(ARGV))
end
return redis.call('HGETALL', KEYS[1])
