-- Reads the raw events of one partition that were logged last.
--
-- KEYS[1]  the partition's own key
-- ARGV[1]  the store's name
-- ARGV[2]  how many events are wanted
--
-- Answers with the entries that hold them, each as it stands in its stream, without events that lie further
-- back than is wanted.
if redis.call('HGET', KEYS[1], 'store') ~= ARGV[1] then
  return redis.error_reply('TALLYBOARD the partition is gone')
end
local STAMP, RECORD, PAGE = 8, 34, 64
local base = string.sub(KEYS[1], 1, -5)
local wanted = tonumber(ARGV[2])

local function entryOf(key, reply)
  local bytes = reply[2][2]
  return { key = key, bytes = bytes, stamp = (struct.unpack('>I8', bytes)) }
end
local function isLater(a, b) return a.stamp > b.stamp end
local function eventsIn(entry) return (#entry.bytes - STAMP) / RECORD end

-- The days whose streams were written to last come first, whichever days they are.
local tails = {}
for _, day in ipairs(redis.call('HKEYS', base .. 'days')) do
  local key = base .. 'e:' .. day
  local last = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
  if last then tails[#tails + 1] = entryOf(key, last) end
end
table.sort(tails, isLater)

local found, events = {}, 0
for _, tail in ipairs(tails) do
  -- What is left lies further back than everything that was found.
  if events >= wanted and isLater(found[#found], tail) then break end
  local own, from = 0, '+'
  while own < wanted do
    local page = redis.call('XREVRANGE', tail.key, from, '-', 'COUNT', PAGE)
    for _, reply in ipairs(page) do
      local entry = entryOf(tail.key, reply)
      found[#found + 1] = entry
      own = own + eventsIn(entry)
      if own >= wanted then break end
    end
    if #page < PAGE then break end
    from = '(' .. page[#page][1]
  end
  table.sort(found, isLater)
  events = 0
  local kept = {}
  for i, entry in ipairs(found) do
    -- Entries of one batch have one stamp: which of their events came last shows when they are put together.
    if events >= wanted and isLater(kept[#kept], entry) then break end
    kept[i] = entry
    events = events + eventsIn(entry)
  end
  found = kept
end

local entries = {}
for i, entry in ipairs(found) do
  local bytes = entry.bytes
  if eventsIn(entry) > wanted then bytes = string.sub(bytes, 1, STAMP) .. string.sub(bytes, -wanted * RECORD) end
  entries[i] = bytes
end
return entries
