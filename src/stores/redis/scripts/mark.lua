#!lua flags=allow-oom
-- Writes what stands there already, behind all that was read before: WAIT is for what its own connection has
-- written. Also when memory is full.
--
-- KEYS[1]  the partition's own key
-- ARGV[1]  the store's name
if redis.call('HGET', KEYS[1], 'store') ~= ARGV[1] then
  return redis.error_reply('TALLYBOARD the partition is gone')
end
redis.call('HSET', KEYS[1], 'store', ARGV[1])
return 1
