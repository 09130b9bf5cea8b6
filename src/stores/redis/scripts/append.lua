-- Logs a batch of events of one partition: contacts, roll-ups and raw events change together or not at all.
--
-- Everything is read, and every key that will be written is touched, before the first write. So whatever can
-- be refused (a slot that is being moved, memory that is full) is refused while nothing has changed yet.
--
-- KEYS[1]  the partition's own key, 'prefix{tag}:meta'; all others differ in what stands behind the colon
-- ARGV[1]  the writer's stamp, 8 bytes: the order of arrival among events of the same instant
-- ARGV[2]  the events, 34 bytes each: uuid 16, id 7, day 3, microsecond of the day 5, flags 1, place 2
-- ARGV[3]  the bucket of each event's contact, 4 bytes each
-- ARGV[4]  '1': write something in any case, so that a WAIT behind this call covers an earlier attempt
--
-- Answers with one byte an event: 0 or 1 accepted, 2 or 3 replayed (odd: the guess is a vowel), or
-- 4 + the symbol that the contact has: refused.
local call = redis.call
local pack, unpack = struct.pack, struct.unpack
local byte, char, sub = string.byte, string.char, string.sub
local floor = math.floor

local DAY_BIAS = 100000
local MINUTE, HOUR, DAY = 60000000, 3600000000, 86400000000
local RECORD = 34
local STAMP, RECORDS, BUCKETS = ARGV[1], ARGV[2], ARGV[3]
local base = sub(KEYS[1], 1, -5)

if call('EXISTS', KEYS[1]) == 0 then
  return redis.error_reply('TALLYBOARD the partition is gone')
end

-- Contacts of this batch: as they were, then as they will be.
local contacts = {}
local function contactOf(uuid, bucket)
  local contact = contacts[uuid]
  if contact then return contact end
  contact = { uuid = uuid, bucket = bucket, symbol = 0 }
  local value = call('HGET', base .. 'c:' .. bucket, uuid)
  if value then
    local flags = byte(value)
    local at = 2
    contact.symbol = bit.band(flags, 31)
    contact.vowel = bit.band(flags, 32) ~= 0
    contact.followed = bit.band(flags, 64) ~= 0
    contact.replays = bit.band(flags, 128) ~= 0
    if contact.symbol ~= 0 then
      contact.initialId, contact.day, contact.us, at = unpack('>I7I3I5', value, at)
    end
    if contact.followed then
      contact.followupId, contact.followupDay, contact.followupUs = unpack('>I7I3I5', value, at)
    end
  end
  contacts[uuid] = contact
  return contact
end

local function valueOf(contact)
  local flags = contact.symbol + (contact.vowel and 32 or 0) + (contact.followed and 64 or 0)
    + (contact.replays and 128 or 0)
  local value = char(flags)
  if contact.symbol ~= 0 then
    value = value .. pack('>I7I3I5', contact.initialId, contact.day, contact.us)
  end
  if contact.followed then
    value = value .. pack('>I7I3I5', contact.followupId, contact.followupDay, contact.followupUs)
  end
  return value
end

-- What the minutes of this batch gain: by minute, by cell {count, followups, earliest, latest}.
local minutes = {}
local function gain(contact, count, followups)
  local minute = floor(contact.us / MINUTE)
  local number = contact.day * 1440 + minute
  local row = minutes[number]
  if not row then
    row = { day = contact.day, minute = minute, cells = {} }
    minutes[number] = row
  end
  local cell = (contact.symbol - 1) * 2 + (contact.vowel and 1 or 0)
  local own = row.cells[cell]
  if not own then
    own = { 0, 0, math.huge, -math.huge }
    row.cells[cell] = own
  end
  own[1] = own[1] + count
  own[2] = own[2] + followups
  if count > 0 then
    if contact.us < own[3] then own[3] = contact.us end
    if contact.us > own[4] then own[4] = contact.us end
  end
end

local unmatched = 0
local replays = {}
local written = {}
local events = {}
local logged = 0
local plain = true
local firstDay = nil
local outcomes = {}

local function log(i, record, day)
  logged = logged + 1
  if firstDay == nil then firstDay = day elseif firstDay ~= day then plain = false end
  events[i] = { record, day }
end

local function changed(contact)
  if not contact.changed then
    contact.changed = true
    written[#written + 1] = contact
  end
end

for i = 0, #RECORDS / RECORD - 1 do
  local at = i * RECORD + 1
  local uuid = sub(RECORDS, at, at + 15)
  local id, day, us, flags = unpack('>I7I3I5B', RECORDS, at + 16)
  local contact = contactOf(uuid, (unpack('>I4', BUCKETS, i * 4 + 1)))
  local isInitial = bit.band(flags, 1) ~= 0
  local isMarked = bit.band(flags, 2) ~= 0
  local symbol = floor(flags / 8) + 1
  local isVowel, hasFirst, ownId = false, contact.followed, contact.followupId
  if isInitial then
    hasFirst, ownId = contact.symbol ~= 0, contact.initialId
    if hasFirst then isVowel = contact.vowel else isVowel = bit.band(flags, 4) ~= 0 end
  end
  local field = uuid .. sub(RECORDS, at + 16, at + 22)
  local replayKey = base .. 'r:' .. contact.bucket

  if hasFirst and id == ownId then
    outcomes[i + 1] = isVowel and 1 or 0
    plain = false
  elseif contact.replays and (replays[field] or call('HEXISTS', replayKey, field) == 1) then
    outcomes[i + 1] = isVowel and 3 or 2
    plain = false
  elseif isInitial and hasFirst and contact.symbol ~= symbol then
    outcomes[i + 1] = 3 + contact.symbol
    plain = false
  elseif not hasFirst and not isMarked then
    if isInitial then
      contact.symbol, contact.vowel = symbol, isVowel
      contact.initialId, contact.day, contact.us = id, day, us
      gain(contact, 1, contact.followed and 1 or 0)
      if contact.followed then unmatched = unmatched - 1 end
    else
      contact.followed, contact.followupId, contact.followupDay, contact.followupUs = true, id, day, us
      if contact.symbol == 0 then unmatched = unmatched + 1 else gain(contact, 0, 1) end
    end
    changed(contact)
    outcomes[i + 1] = isVowel and 1 or 0
    log(i, sub(RECORDS, at, at + RECORD - 1), day)
  else
    if not contact.replays then
      call('EXISTS', replayKey)
      contact.replays = true
      changed(contact)
    end
    replays[field] = replayKey
    outcomes[i + 1] = isVowel and 3 or 2
    plain = false
    -- The stored guess, marked as a replay.
    local stored = isInitial and (flags - flags % 8) + 3 + (isVowel and 4 or 0) or 2
    log(i, sub(RECORDS, at, at + 30) .. char(stored) .. sub(RECORDS, at + 32, at + 33), day)
  end
end

-- A row is a text of cells, each {cell, count, followups, earliest, latest}: within an hour instants count
-- from the row's beginning and fit 32 bits; beyond they are microseconds since 1970.
local rows = {}
local function rowOf(suffix, field)
  local name = suffix .. ' ' .. field
  local row = rows[name]
  if not row then
    row = { key = base .. suffix, field = field, cells = {} }
    rows[name] = row
  end
  return row.cells
end
local function merge(cells, cell, own, shift)
  local sum = cells[cell]
  local earliest, latest = own[3] + shift, own[4] + shift
  if not sum then
    cells[cell] = { own[1], own[2], earliest, latest }
    return
  end
  sum[1] = sum[1] + own[1]
  sum[2] = sum[2] + own[2]
  if earliest < sum[3] then sum[3] = earliest end
  if latest > sum[4] then sum[4] = latest end
end
for _, minute in pairs(minutes) do
  local hour = floor(minute.minute / 60)
  local block = floor(minute.day / 64)
  local midnight = (minute.day - DAY_BIAS) * DAY
  local minuteRow = rowOf('m:' .. minute.day * 24 + hour, minute.minute % 60)
  local hourRow = rowOf('h:' .. minute.day, hour)
  local dayRow = rowOf('d:' .. block, minute.day % 64)
  local eightRow = rowOf('d:' .. block, 'w' .. floor(minute.day % 64 / 8))
  local blockRow = rowOf('x', block)
  local allRow = rowOf('x', 'all0')
  for cell, own in pairs(minute.cells) do
    merge(minuteRow, cell, own, -minute.minute * MINUTE)
    merge(hourRow, cell, own, -hour * HOUR)
    merge(dayRow, cell, own, midnight)
    merge(eightRow, cell, own, midnight)
    merge(blockRow, cell, own, midnight)
    merge(allRow, cell, own, midnight)
  end
end
for name, row in pairs(rows) do
  local isFine = byte(name) == 109 or byte(name) == 104
  local format, width = '>BI4I4i8i8', 25
  if isFine then format, width = '>BI4I4I4I4', 17 end
  local old = call('HGET', row.key, row.field) or ''
  local parts, from = {}, 1
  for at = 1, #old, width do
    local cell = byte(old, at)
    local own = row.cells[cell]
    if own then
      local _, count, followups, earliest, latest = unpack(format, old, at)
      if own[3] < earliest then earliest = own[3] end
      if own[4] > latest then latest = own[4] end
      if from < at then parts[#parts + 1] = sub(old, from, at - 1) end
      parts[#parts + 1] = pack(format, cell, count + own[1], followups + own[2], earliest, latest)
      from = at + width
      row.cells[cell] = nil
    end
  end
  if from <= #old then parts[#parts + 1] = sub(old, from) end
  for cell, own in pairs(row.cells) do
    parts[#parts + 1] = pack(format, cell, own[1], own[2], own[3], own[4])
  end
  row.value = table.concat(parts)
end

-- Raw events, by the day that they happened on.
local days = {}
if plain and logged > 0 then
  days[firstDay] = { RECORDS, count = logged }
elseif logged > 0 then
  for i = 0, #RECORDS / RECORD - 1 do
    local event = events[i]
    if event then
      local day = days[event[2]]
      if not day then
        day = { count = 0 }
        days[event[2]] = day
      end
      day[#day + 1] = event[1]
      day.count = day.count + 1
    end
  end
end
if logged > 0 then
  call('EXISTS', base .. 'days')
  call('EXISTS', base .. 'x')
end
for day in pairs(days) do call('EXISTS', base .. 'e:' .. day) end

-- From here on there are writes only.
for _, contact in ipairs(written) do
  call('HSET', base .. 'c:' .. contact.bucket, contact.uuid, valueOf(contact))
end
for field, key in pairs(replays) do call('HSET', key, field, '') end
for _, row in pairs(rows) do call('HSET', row.key, row.field, row.value) end
if unmatched ~= 0 then call('HINCRBY', base .. 'x', 'unmatched', unmatched) end
for day, parts in pairs(days) do
  call('XADD', base .. 'e:' .. day, '*', 'e', STAMP .. table.concat(parts))
  call('HINCRBY', base .. 'days', day, parts.count)
end
if logged == 0 and ARGV[4] == '1' then call('HINCRBY', KEYS[1], 'attempts', 1) end

for i = 1, #outcomes do outcomes[i] = char(outcomes[i]) end
return table.concat(outcomes)
