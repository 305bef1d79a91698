import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bench } from './bench.ts'
import { repeatRun } from './long-run.ts'
import { CHAOSLAB, finish, start, usageOf } from './process.ts'
import { addTable, attempt, newSection, type Section } from './result.ts'
import { mebibytes, rates, watchTraffic } from './running.ts'

const HOUR_MS = 3_600_000
const RECORDED = 'recorded'

/** What it takes to remember, to audit and to report. */
export async function ownCost(bench: Bench): Promise<Section> {
  const section = newSection('The lab’s own cost')
  await ledgerMemory(section, bench)
  await auditTime(section, bench)
  await reportTime(section, bench)
  return section
}

async function ledgerMemory(section: Section, bench: Bench): Promise<void> {
  const table = addTable(section, 'Memory of a ledger', [
    'writes',
    'of the process, MiB',
    'beyond an empty one, MiB',
    'bytes a write',
  ])
  const file = fileURLToPath(new URL('./ledger-memory.ts', import.meta.url))
  for (const writes of [1_000_000, 5_000_000, 10_000_000]) {
    bench.progress(`own cost: a ledger of ${writes}`)
    await attempt(section, `a ledger of ${writes}`, bench.signal, async () => {
      const said = JSON.parse(await finish(process.execPath, ['--expose-gc', file, String(writes)], bench))
      const { residentBytes, beyondBytes } = said as { residentBytes: number; beyondBytes: number }
      const perWrite = (beyondBytes / writes).toFixed(1)
      table.rows.push([writes.toLocaleString('en'), mebibytes(residentBytes), mebibytes(beyondBytes), perWrite])
      section.data.push({ what: 'ledger', writes, ...said })
    })
  }
}

async function auditTime(section: Section, bench: Bench): Promise<void> {
  const sizes = bench.isQuick ? [100_000] : bench.isFull ? [1_000_000, 10_000_000] : [1_000_000]
  const table = addTable(section, 'The audit, of leader and replicas', [
    'writes',
    'case',
    's',
    'µs a write',
    'peak beyond the ledger, MiB',
    'longest stall, ms',
    'verdict',
  ])
  bench.progress(`own cost: the audit of ${sizes.join(' and ')} writes`)
  await attempt(section, 'the audit', bench.signal, async () => {
    const file = fileURLToPath(new URL('./audit.ts', import.meta.url))
    const args = ['--expose-gc', file, '--json', '--lab', bench.labFile, ...sizes.map(String)]
    const lines = (await finish(process.execPath, args, bench)).split('\n').filter((line) => line.startsWith('{'))
    for (const measured of lines.map((line) => JSON.parse(line))) {
      if ('ratio' in measured) {
        addRatio(section, measured)
        continue
      }
      const { rows, what, durationMs, peakBytes, longestStallMs, verdict } = measured
      const perRow = ((durationMs * 1_000) / rows).toFixed(2)
      const seconds = (durationMs / 1_000).toFixed(2)
      table.rows.push([
        rows.toLocaleString('en'),
        what,
        seconds,
        perRow,
        mebibytes(peakBytes),
        longestStallMs.toFixed(0),
        verdict,
      ])
      section.data.push({ ...measured, what: `audit: ${what}` })
      const expected = what.startsWith('one lost') ? 'fail' : 'pass'
      if (verdict !== expected) section.failures.push(`audit, ${what}: ${verdict} where ${expected} was to be found`)
    }
  })
  if (!bench.isFull)
    section.notes.push('The audit of 10 million writes is left out: it leaves 2 GB of WAL behind (--full has it).')
}

function addRatio(section: Section, { rows, ratio }: { readonly rows: number; readonly ratio: number }): void {
  section.data.push({ what: 'audit: whole rows against names alone', rows, ratio })
  section.aims.push({
    what: `the audit of ${rows.toLocaleString('en')} whole rows: at most 2 times as long as that of their names alone`,
    measured: `${ratio.toFixed(2)} times`,
    isMet: ratio <= 2,
  })
}

async function reportTime(section: Section, bench: Bench): Promise<void> {
  const table = addTable(section, 'The report of an hour', ['events', 'writes', 's', 'peak memory, MiB'])
  bench.progress('own cost: the report of an hour')
  await attempt(section, 'the report of an hour', bench.signal, async () => {
    const recorded = path.join(bench.folder, RECORDED)
    await watchTraffic(['--lab', bench.labFile, 'traffic', ...rates(100), '--out', recorded, '--no-metrics'], bench)
    const [run] = await readdir(recorded).catch(() => [])
    if (run === undefined) throw new Error('there is no recorded run to make it of')
    const hour = path.join(bench.folder, 'hour')
    const { events, writes } = await repeatRun(path.join(recorded, run), hour, HOUR_MS)
    const startMs = bench.clock.nowMs()
    const { code, peakBytes, output } = await watchToEnd([CHAOSLAB, 'report', hour], bench)
    const seconds = (bench.clock.nowMs() - startMs) / 1_000
    if (code !== 0) throw new Error(`chaoslab report ended with ${code}: ${output.trim().slice(-300)}`)
    table.rows.push([
      events.toLocaleString('en'),
      writes.toLocaleString('en'),
      seconds.toFixed(2),
      mebibytes(peakBytes),
    ])
    section.data.push({ what: 'report of an hour', events, writes, seconds, peakBytes })
  })
}

async function watchToEnd(args: readonly string[], { clock, signal }: Bench) {
  const running = start(process.execPath, args, signal)
  let peakBytes = 0
  let isOver = false
  const ended = running.ended.finally(() => {
    isOver = true
  })
  while (!isOver) {
    // Gone between two looks: what was seen before is what there is.
    const usage = await usageOf(running.pid).catch(() => null)
    if (usage && usage.peakBytes > peakBytes) peakBytes = usage.peakBytes
    await Promise.race([clock.sleep(50, signal).catch(() => {}), ended])
  }
  return { code: await ended, peakBytes, output: running.output() }
}
