-- Reads rows of one partition's roll-ups.
--
-- KEYS[1]  the partition's own key
-- ARGV     for each run of rows: what stands behind the colon of their hash, what their fields begin with,
--          and the numbers of the first and the last
--
-- Answers with one text: for each row that there is, its place in the question (4 bytes), its length
-- (2 bytes), and the row.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return redis.error_reply('TALLYBOARD the partition is gone')
end
local base = string.sub(KEYS[1], 1, -5)
local parts, filled = {}, 0
local place = 0
for at = 1, #ARGV, 4 do
  local prefix, from, to = ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local fields = {}
  for number = from, to do fields[number - from + 1] = prefix .. number end
  local values = redis.call('HMGET', base .. ARGV[at], unpack(fields))
  for i = 1, #fields do
    local row = values[i]
    if row then
      parts[filled + 1] = struct.pack('>I4I2', place + i - 1, #row)
      parts[filled + 2] = row
      filled = filled + 2
    end
  end
  place = place + #fields
end
return table.concat(parts)
