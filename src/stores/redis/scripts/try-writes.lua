-- Writes in every way that an append does, and leaves nothing behind: a user that may not is refused when the
-- store is opened, and not in the middle of a batch.
--
-- KEYS[1]  the partition's own key
-- ARGV[1]  the store's name
local call = redis.call
if call('HGET', KEYS[1], 'store') ~= ARGV[1] then
  return redis.error_reply('TALLYBOARD the partition is gone')
end
local hash = string.sub(KEYS[1], 1, -5) .. 'trial'
local stream = hash .. ':e'
call('DEL', hash, stream)
call('HSET', hash, 'a', '1')
call('HMGET', hash, 'a', 'b')
call('HEXISTS', hash, 'a')
call('HLEN', hash)
call('HINCRBY', hash, 'a', 1)
call('XADD', stream, '*', 'e', '1')
call('XLEN', stream)
call('DEL', hash, stream)
return 1
