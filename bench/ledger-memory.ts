// What a process with nothing but a full ledger takes: node --expose-gc bench/ledger-memory.ts WRITES
import { createLedger } from '../dist/model/ledger.js'

const writes = Number(process.argv[2])
const ledger = createLedger()
globalThis.gc?.()
const before = process.memoryUsage.rss()
for (let seq = 1; seq <= writes; seq++) {
  const dueMs = seq / 10
  const times = { dueMs, sentMs: dueMs + 0.1, answeredMs: dueMs + 2 }
  ledger.record({ seq, ...times, outcome: 'ok', code: null, node: 'patroni1', lsn: seq * 300, digest: null })
}
globalThis.gc?.()
const residentBytes = process.memoryUsage.rss()
console.log(JSON.stringify({ residentBytes, beyondBytes: residentBytes - before, ledgerBytes: ledger.bytes }))
