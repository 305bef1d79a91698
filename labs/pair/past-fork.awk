# Reads pg_waldump's lines from the fork on; prints what there is as JSON.
#   when, fork (an LSN), tables ("DATABASE/FILENODE NAME" a line) come as variables.

function number(hex,    i, value) {
  for (i = 1; i <= length(hex); i++) value = value * 16 + index("0123456789ABCDEF", toupper(substr(hex, i, 1))) - 1
  return value
}

function bytes(lsn,    parts) {
  split(lsn, parts, "/")
  return number(parts[1]) * 4294967296 + number(parts[2])
}

BEGIN {
  count = split(tables, lines, "\n")
  for (i = 1; i <= count; i++) {
    split(lines[i], words, " ")
    names[words[1]] = words[2]
  }
  last = bytes(fork)
}

# rmgr: Heap  len (rec/tot): 59/59, tx: 745, lsn: 0/03000148, prev 0/03000110, desc: INSERT off: 4, blkref #0: rel 1663/16388/16391 blk 0
/^rmgr: / {
  match($0, /len \(rec\/tot\): *[0-9]+\/ *[0-9]+/)
  size = substr($0, RSTART, RLENGTH); sub(/.*\/ */, "", size)
  match($0, /tx: *[0-9]+/); tx = substr($0, RSTART + 3, RLENGTH - 3) + 0
  match($0, /lsn: [0-9A-F]+\/[0-9A-F]+/); lsn = substr($0, RSTART + 5, RLENGTH - 5)
  if (bytes(lsn) < bytes(fork)) next
  last = bytes(lsn) + size
}

/desc: INSERT/ && match($0, /rel [0-9]+\/[0-9]+\/[0-9]+/) {
  relation = substr($0, RSTART, RLENGTH); sub(/^rel [0-9]+\//, "", relation)
  if (relation in names) inserted[tx, ++inserts[tx]] = names[relation]
}

/desc: COMMIT/ {
  commits++
  for (i = 1; i <= inserts[tx]; i++) rows[inserted[tx, i]]++
}

END {
  printf "{\"when\": \"%s\", \"walBytesPastFork\": %d, \"commitsPastFork\": %d, \"insertsPastFork\": {", when, last - bytes(fork), commits
  for (name in rows) { printf "%s\"%s\": %d", separator, name, rows[name]; separator = ", " }
  print "}}"
}
