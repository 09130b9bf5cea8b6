#!lua flags=allow-oom
-- Removes raw events of one day of a partition that are safe elsewhere; also when memory is full, which is
-- what makes room.
--
-- KEYS[1]  the partition's own key
-- ARGV[1]  the store's name
-- ARGV[2]  the day
-- ARGV[3]  up to which entry the events of the day had been moved when these were listed: '0-0' if none were
-- ARGV[4]  the last entry that is safe; what came behind it stays
-- ARGV[5]  how many events these entries hold
-- ARGV[6]  what is remembered in place of ARGV[3]
--
-- Answers with 'removed'; with 'before' where it was done already; with 'moved' where other events of the day
-- were moved meanwhile, and 'changed' where the entries do not hold so many events: then nothing is removed.
local call = redis.call
local STAMP, RECORD, PAGE = 8, 34, 64
local base = string.sub(KEYS[1], 1, -5)
local stream = base .. 'e:' .. ARGV[2]
if call('HGET', KEYS[1], 'store') ~= ARGV[1] then
  return redis.error_reply('TALLYBOARD the partition is gone')
end

local reached = call('HGET', base .. 'archived', ARGV[2]) or '0-0'
if reached == ARGV[6] then
  -- WAIT is for what its own connection has written.
  call('HSET', base .. 'archived', ARGV[2], reached)
  return 'before'
end
if reached ~= ARGV[3] then return 'moved' end

-- What stays is counted rather than reckoned: a server that was set back has fewer events than were listed.
local later, first, from = 0, nil, '(' .. ARGV[4]
while true do
  local page = call('XRANGE', stream, from, '+', 'COUNT', PAGE)
  for _, entry in ipairs(page) do
    first = first or entry[1]
    later = later + (#entry[2][2] - STAMP) / RECORD
  end
  if #page < PAGE then break end
  from = '(' .. page[#page][1]
end
local held = tonumber(call('HGET', base .. 'days', ARGV[2]) or 0)
if held - tonumber(ARGV[5]) ~= later then return 'changed' end

-- The name of an entry may come again when a clock steps back, so what was removed is written down.
call('HSET', base .. 'archived', ARGV[2], ARGV[6])
if first then call('XTRIM', stream, 'MINID', first) else call('DEL', stream) end
if later > 0 then call('HSET', base .. 'days', ARGV[2], later) else call('HDEL', base .. 'days', ARGV[2]) end
return 'removed'
