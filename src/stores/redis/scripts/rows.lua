-- Reads rows of one partition's roll-ups.
--
-- KEYS[1]  the partition's own key
-- ARGV[1]  the store's name
-- ARGV     for each run of rows: what stands behind the colon of their hash, what their fields begin with,
--          and the numbers of the first and the last
--
-- Answers with one text: the number of the open hour (4 bytes), which longer rows do not have in them yet;
-- then, for each row that there is, its place in the question (4 bytes), its length (2 bytes), and the row.
-- Where a longer row has the open hour in its span, the row of that hour follows under the same place, with
-- the highest bit set.
local meta = redis.call('HMGET', KEYS[1], 'store', 'hour')
if meta[1] ~= ARGV[1] then return redis.error_reply('TALLYBOARD the partition is gone') end
local base = string.sub(KEYS[1], 1, -5)
local openHour = tonumber(meta[2] or 0)
local openDay = math.floor(openHour / 24)
local openBlock = math.floor(openDay / 64)
local openRow
-- Where the open hour lies among the longer rows.
local openAt = {
  ['d:' .. openBlock] = { [''] = openDay % 64, w = math.floor(openDay % 64 / 8) },
  x = { [''] = openBlock, all = 0 },
}
local parts = { struct.pack('>I4', openHour) }
local function add(place, row)
  if not row then return end
  parts[#parts + 1] = struct.pack('>I4I2', place, #row)
  parts[#parts + 1] = row
end
local place = 0
for at = 2, #ARGV, 4 do
  local hash, prefix, from, to = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local fields = {}
  for number = from, to do fields[number - from + 1] = prefix .. number end
  local values = redis.call('HMGET', base .. hash, unpack(fields))
  for i = 1, #fields do add(place + i - 1, values[i]) end
  local open = openAt[hash] and openAt[hash][prefix]
  if open and open >= from and open <= to then
    openRow = openRow or redis.call('HGET', base .. 'h:' .. openDay, openHour % 24)
    add(place + open - from + 2147483648, openRow)
  end
  place = place + #fields
end
return table.concat(parts)
