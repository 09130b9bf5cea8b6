-- Logs a batch of events of one partition: contacts, roll-ups and raw events change together or not at all.
--
-- Everything is read, and every key that will be written is asked for as what it has to be, before the first
-- write. So whatever can be refused (a slot that is being moved, memory that is full, a key of another type)
-- is refused while nothing has changed yet.
--
-- KEYS[1]  the partition's own key, 'prefix{tag}:meta'; all others differ in what stands behind the colon
-- ARGV[1]  the store's name
-- ARGV[2]  the writer's stamp, 8 bytes: the order of arrival among events of the same instant
-- ARGV[3]  the events, 34 bytes each: uuid 16, id 7, day 3, microsecond of the day 5, flags 1, place 2
-- ARGV[4]  the bucket of each event's contact, 4 bytes each
--
-- Answers with one byte an event: 0 or 1 accepted, 2 or 3 replayed (odd: the guess is a vowel), or
-- 4 + the symbol that the contact has: refused.
local call = redis.call
local pack, unpack = struct.pack, struct.unpack
local byte, char, sub = string.byte, string.char, string.sub
local floor, band = math.floor, bit.band

local DAY_BIAS = 100000
local MINUTE, HOUR, DAY = 60000000, 3600000000, 86400000000
local RECORD = 34
local STAMP, RECORDS, BUCKETS = ARGV[2], ARGV[3], ARGV[4]
local base = sub(KEYS[1], 1, -5)

local meta = call('HMGET', KEYS[1], 'store', 'hour')
if meta[1] ~= ARGV[1] then return redis.error_reply('TALLYBOARD the partition is gone') end
-- The latest hour that has contacts: its contacts are in the rows of minutes and hours alone. They are added
-- to the longer rows when a later hour begins, so that most batches change two rows and not six.
local openHour = tonumber(meta[2] or -1)

-- Contacts of this batch: as they were, then as they will be.
local contacts = {}
local function contactOf(uuid, bucket)
  local contact = contacts[uuid]
  if contact then return contact end
  -- Every field from the start: a table that grows costs more than what is put into it.
  contact = {
    uuid = uuid, bucket = bucket, key = base .. 'c:' .. bucket, changed = false,
    symbol = 0, vowel = false, followed = false, replays = false,
    initialId = 0, day = 0, us = 0, followupId = 0, followupDay = 0, followupUs = 0,
  }
  local value = call('HGET', contact.key, uuid)
  if value then
    local flags = byte(value)
    local at = 2
    contact.symbol = band(flags, 31)
    contact.vowel = band(flags, 32) ~= 0
    contact.followed = band(flags, 64) ~= 0
    contact.replays = band(flags, 128) ~= 0
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

local function replayKeyOf(contact) return base .. 'r:' .. contact.bucket end

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
local lastHour = openHour
local function gain(contact, count, followups)
  local minute = floor(contact.us / MINUTE)
  local number = contact.day * 1440 + minute
  local row = minutes[number]
  if not row then
    row = { day = contact.day, minute = minute, hour = floor(number / 60), cells = {} }
    minutes[number] = row
    if row.hour > lastHour then lastHour = row.hour end
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
local replays, replaysLogged = {}, 0
local written = {}
local events, records = {}, {}
local logged = 0
local plain = true
local firstDay = nil
local outcomes = {}

-- `record` where it is not as it came.
local function log(i, day, record)
  logged = logged + 1
  if firstDay == nil then firstDay = day elseif firstDay ~= day then plain = false end
  events[i] = day
  records[i] = record
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
  local isInitial = band(flags, 1) ~= 0
  local isMarked = band(flags, 2) ~= 0
  local symbol = floor(flags / 8) + 1
  local isVowel, hasFirst, ownId = false, contact.followed, contact.followupId
  if isInitial then
    hasFirst, ownId = contact.symbol ~= 0, contact.initialId
    if hasFirst then isVowel = contact.vowel else isVowel = band(flags, 4) ~= 0 end
  end
  local field = contact.replays and uuid .. sub(RECORDS, at + 16, at + 22)

  if hasFirst and id == ownId then
    outcomes[i + 1] = isVowel and 1 or 0
    plain = false
  elseif contact.replays and (replays[field] or call('HEXISTS', replayKeyOf(contact), field) == 1) then
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
    log(i, day)
  else
    if not contact.replays then
      call('HLEN', replayKeyOf(contact))
      contact.replays = true
      changed(contact)
    end
    outcomes[i + 1] = isVowel and 3 or 2
    plain = false
    -- The stored guess, marked as a replay.
    local stored = char(isInitial and (flags - flags % 8) + 3 + (isVowel and 4 or 0) or 2)
    field = uuid .. sub(RECORDS, at + 16, at + 22)
    replays[field] = { replayKeyOf(contact), sub(RECORDS, at + 23, at + 30) .. stored }
    replaysLogged = replaysLogged + 1
    log(i, day, sub(RECORDS, at, at + 30) .. stored .. sub(RECORDS, at + 32, at + 33))
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
-- The rows that are longer than an hour; `shift`: from the instants of the cells to 1970.
local function mergeLong(day, cells, shift)
  local block = floor(day / 64)
  local long = {
    rowOf('d:' .. block, day % 64),
    rowOf('d:' .. block, 'w' .. floor(day % 64 / 8)),
    rowOf('x', block),
    rowOf('x', 'all0'),
  }
  for cell, own in pairs(cells) do
    for _, row in ipairs(long) do merge(row, cell, own, shift) end
  end
end
for _, minute in pairs(minutes) do
  local minuteRow = rowOf('m:' .. minute.hour, minute.minute % 60)
  local hourRow = rowOf('h:' .. minute.day, minute.hour % 24)
  for cell, own in pairs(minute.cells) do
    merge(minuteRow, cell, own, -minute.minute * MINUTE)
    merge(hourRow, cell, own, -(minute.hour % 24) * HOUR)
  end
  if minute.hour < lastHour then mergeLong(minute.day, minute.cells, (minute.day - DAY_BIAS) * DAY) end
end
if openHour >= 0 and openHour < lastHour then
  local day = floor(openHour / 24)
  local row, cells = call('HGET', base .. 'h:' .. day, openHour % 24) or '', {}
  for at = 1, #row, 17 do
    local cell, count, followups, earliest, latest = unpack('>BI4I4I4I4', row, at)
    cells[cell] = { count, followups, earliest, latest }
  end
  mergeLong(day, cells, (openHour - DAY_BIAS * 24) * HOUR)
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
    local number = events[i]
    if number then
      local day = days[number]
      if not day then
        day = { count = 0 }
        days[number] = day
      end
      day[#day + 1] = records[i] or sub(RECORDS, i * RECORD + 1, (i + 1) * RECORD)
      day.count = day.count + 1
    end
  end
end
if logged > 0 then
  call('HLEN', base .. 'days')
  call('HLEN', base .. 'x')
end
-- A stream whose events were all moved out begins anew, and behind what it was: its entries name the parts of
-- the archive, and a clock may have stepped back.
local moved = {}
for day in pairs(days) do
  if call('XLEN', base .. 'e:' .. day) == 0 then moved[day] = call('HGET', base .. 'archived', day) end
end
local function entryBehind(id)
  local ms, sequence = string.match(id, '^(%d+)-(%d+)$')
  return ms .. '-' .. string.format('%.0f', sequence + 1)
end

-- From here on there are writes only.
for _, contact in ipairs(written) do
  call('HSET', contact.key, contact.uuid, valueOf(contact))
end
for field, replay in pairs(replays) do call('HSET', replay[1], field, replay[2]) end
for _, row in pairs(rows) do call('HSET', row.key, row.field, row.value) end
if lastHour > openHour then call('HSET', KEYS[1], 'hour', lastHour) end
if unmatched ~= 0 then call('HINCRBY', base .. 'x', 'unmatched', unmatched) end
if replaysLogged > 0 then call('HINCRBY', base .. 'x', 'replays', replaysLogged) end
for day, parts in pairs(days) do
  call('XADD', base .. 'e:' .. day, moved[day] and entryBehind(moved[day]) or '*', 'e', STAMP .. table.concat(parts))
  call('HINCRBY', base .. 'days', day, parts.count)
end

-- WAIT is for what its own connection has written, in later versions than 7.0: what is sent again on another one
-- would count as replicated if it wrote nothing.
if logged == 0 then call('HSET', KEYS[1], 'store', ARGV[1]) end

for i = 1, #outcomes do outcomes[i] = char(outcomes[i]) end
return table.concat(outcomes)
