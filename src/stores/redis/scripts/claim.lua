#!lua flags=allow-oom
-- Fixes the name of the store's archive where there is none yet; also when memory is full.
--
-- KEYS[1]  the settings' key
-- ARGV[1]  the store's name
-- ARGV[2]  the archive's name
--
-- Answers with the name that holds now.
local call = redis.call
if call('HGET', KEYS[1], 'id') ~= ARGV[1] then
  return redis.error_reply('TALLYBOARD the partition is gone')
end
local name = call('HGET', KEYS[1], 'archive') or ARGV[2]
-- Also where it stands already: WAIT is for what its own connection has written.
call('HSET', KEYS[1], 'archive', name)
return name
