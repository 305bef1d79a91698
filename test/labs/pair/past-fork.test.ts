import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

const record = (rmgr: string, total: number, tx: number, lsn: string, desc: string) =>
  `rmgr: ${rmgr.padEnd(11)} len (rec/tot):     54/${String(total).padStart(6)}, tx: ${String(tx).padStart(10)}, lsn: ${lsn}, prev 0/03007B20, desc: ${desc}`
const inserted = (tx: number, lsn: string, relation: string, total = 78) =>
  record('Heap', total, tx, lsn, `INSERT off: 2, flags: 0x00, blkref #0: rel ${relation} blk 0`)
const committed = (tx: number, lsn: string) => record('Transaction', 34, tx, lsn, 'COMMIT 2026-11-21 12:02:32.245 UTC')

/** What the script makes of pg_waldump's lines. */
function pastFork(fork: string, lines: readonly string[]): unknown {
  const tables = '16387/16389 data_table\n16387/16396 chaoslab_probe'.replaceAll('\n', '\\n')
  const variables = [`when=starting`, `fork=${fork}`, `tables=${tables}`].flatMap((each) => ['-v', each])
  const { stdout } = spawnSync('awk', [...variables, '-f', 'labs/pair/past-fork.awk'], {
    input: lines.map((line) => `${line}\n`).join(''),
    encoding: 'utf8',
  })
  return JSON.parse(stdout)
}

describe('what an old primary has past the fork', () => {
  it('is nothing where the WAL ends there', () => {
    const nothing = { when: 'starting', walBytesPastFork: 0, commitsPastFork: 0, insertsPastFork: {} }
    expect(pastFork('0/3058ED0', [])).toEqual(nothing)
  })

  it('is what was committed, by table, and the WAL to its last record', () => {
    const lines = [
      inserted(744, '0/03001000', '1663/16387/16389'),
      committed(744, '0/03001050'),
      inserted(745, '0/03001078', '1663/16387/16396', 8000),
      inserted(746, '0/03003000', '1663/16387/16389'),
      committed(745, '0/03003050'),
      record('Btree', 64, 746, '0/03003080', 'INSERT_LEAF off: 5, blkref #0: rel 1663/16387/16401 blk 1'),
      inserted(747, '0/030030C0', '1663/16387/16389'),
      committed(747, '0/03003200'),
    ]
    expect(pastFork('0/3001000', lines)).toEqual({
      when: 'starting',
      walBytesPastFork: 0x2200 + 34,
      commitsPastFork: 3,
      insertsPastFork: { data_table: 2, chaoslab_probe: 1 },
    })
  })

  it('is not what lies before it', () => {
    const lines = [inserted(744, '0/03001000', '1663/16387/16389'), committed(744, '0/03001050')]
    expect(pastFork('0/3001078', lines)).toMatchObject({ commitsPastFork: 0, insertsPastFork: {} })
  })

  it('is measured over more than four gigabytes of WAL', () => {
    const lines = [committed(9, '2/00000010')]
    expect(pastFork('1/FFFFFFF0', lines)).toMatchObject({ walBytesPastFork: 0x20 + 34 })
  })
})
