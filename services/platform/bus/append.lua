-- Appends entries to the stream KEYS[1] if its last ID is ARGV[1], and answers its last ID then.
-- ARGV[2] is the number of fields of an entry, then come their names, then for each entry its ID and the fields' values.
-- Every entry also has the ID before it as "after", by which readers see gaps.
local last = '0-0'
if redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = info[i + 1] end
  end
end
if last ~= ARGV[1] then return last end
local fields = tonumber(ARGV[2])
local entry = {'XADD', KEYS[1], '', 'after', ''}
for i = 1, fields do entry[4 + 2 * i] = ARGV[2 + i] end
for at = 3 + fields, #ARGV, 1 + fields do
  entry[3], entry[5] = ARGV[at], last
  for i = 1, fields do entry[5 + 2 * i] = ARGV[at + i] end
  redis.call(unpack(entry))
  last = ARGV[at]
end
return last
