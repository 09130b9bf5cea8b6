-- Reads rows of one partition's roll-ups.
--
-- KEYS[1]  the partition's own key
-- ARGV     for each hash: what stands behind the colon, the number of fields, the fields
--
-- Answers with one text: for each row that there is, its place in the question (4 bytes), its length
-- (2 bytes), and the row.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return redis.error_reply('TALLYBOARD the partition is gone')
end
local base = string.sub(KEYS[1], 1, -5)
local parts = {}
local at, place = 1, 0
while at <= #ARGV do
  local count = tonumber(ARGV[at + 1])
  local values = redis.call('HMGET', base .. ARGV[at], unpack(ARGV, at + 2, at + 1 + count))
  for i = 1, count do
    local row = values[i]
    if row then
      parts[#parts + 1] = struct.pack('>I4I2', place, #row)
      parts[#parts + 1] = row
    end
    place = place + 1
  end
  at = at + 2 + count
end
return table.concat(parts)
