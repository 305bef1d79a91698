import { mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bench } from './bench.ts'
import { repeatRun } from './long-run.ts'
import { CHAOSLAB, finish, OWN_TABLES, start, type Usage, usageOf } from './process.ts'
import { addTable, attempt, median, newSection, type Section, spread, type Table } from './result.ts'
import { openScreen } from './screen.ts'

const AIM = { helpMs: 150, firstFrameMs: 1_500 }
const HOUR_MS = 3_600_000
const SETTLE_MS = 3_000
const RECORDED = 'recorded'
const MOST_OF_A_CORE: Readonly<Record<string, number>> = {
  'observers only: traffic 0/s, not recorded': 0.03,
  'screen, 100/s of each, not recorded': 0.08,
  'screen, 1,000/s of each, recorded': 0.2,
}

/** What the lab itself takes from the machine that the cluster runs on, while it runs. */
export async function runningCost(bench: Bench): Promise<Section> {
  const section = newSection(
    'What the lab takes while it runs',
    'CPU from /proc, as a share of one core, over some seconds after the first three; memory is the resident set. The screen is in a terminal of 120 × 40. At 0/s there are the observers, and the probes, fifty writes and fifty reads a second.',
  )
  await measureRunning(section, bench)
  return section
}

/** What it takes to start, to remember, to audit and to report. */
export async function ownCost(bench: Bench): Promise<Section> {
  const section = newSection('The lab’s own cost')
  await startTimes(section, bench)
  await ledgerMemory(section, bench)
  await auditTime(section, bench)
  await reportTime(section, bench)
  return section
}

async function measureRunning(section: Section, bench: Bench): Promise<void> {
  const table = addTable(section, '', ['command', 'CPU, % of a core', 'memory, MiB', 'peak, MiB'])
  const kept = ['--out', path.join(bench.folder, 'runs')]
  const cases: readonly (readonly [string, 'traffic' | 'ui', readonly string[]])[] = [
    ['observers only: traffic 0/s, not recorded', 'traffic', [...rates(0), '--no-record']],
    ['traffic 100/s of each, not recorded', 'traffic', [...rates(100), '--no-record']],
    ['traffic 100/s of each, recorded', 'traffic', [...rates(100), ...kept]],
    ['screen, traffic off, not recorded', 'ui', [...rates(100), '--no-traffic', '--no-record']],
    ['screen, 100/s of each, not recorded', 'ui', [...rates(100), '--no-record']],
    ['screen, 100/s of each, recorded', 'ui', [...rates(100), ...kept]],
    ['traffic 1,000/s of each, recorded', 'traffic', [...rates(1_000), ...kept]],
    ['screen, 1,000/s of each, recorded', 'ui', [...rates(1_000), ...kept]],
  ]
  await mkdir(path.join(bench.folder, 'runs'))
  for (const [what, command, args] of cases) {
    bench.progress(`own cost: ${what}`)
    await attempt(section, what, bench.signal, async () => {
      const all = ['--lab', bench.labFile, command, ...args, '--no-metrics']
      const used = command === 'ui' ? await watchScreen(all, bench) : await watchTraffic(all, bench)
      table.rows.push([
        what,
        (used.cpuShare * 100).toFixed(1),
        mebibytes(used.residentBytes),
        mebibytes(used.peakBytes),
      ])
      section.data.push({ what, ...used })
      const most = MOST_OF_A_CORE[what]
      if (most !== undefined) {
        const measured = `${(used.cpuShare * 100).toFixed(1)} %`
        section.aims.push({
          what: `${what}: at most ${most * 100} % of a core`,
          measured,
          isMet: used.cpuShare <= most,
        })
      }
    })
  }
}

function rates(perSecond: number): readonly string[] {
  return ['--writes', String(perSecond), '--reads', String(perSecond)]
}

interface Used extends Usage {
  readonly cpuShare: number
}

async function watchTraffic(args: readonly string[], bench: Bench): Promise<Used> {
  const running = start(process.execPath, [CHAOSLAB, ...args], bench.signal, OWN_TABLES)
  const early = running.ended.then((code) => {
    throw new Error(`it ended with ${code}: ${running.output().trim().slice(-300)}`)
  })
  const used = await Promise.race([watch(running.pid, bench), early])
  early.catch(() => {})
  running.child.kill('SIGINT')
  await running.ended
  return used
}

async function watchScreen(args: readonly string[], bench: Bench): Promise<Used> {
  const screen = await openScreen(args, bench)
  const used = await watch(screen.screenPid, bench)
  await screen.quit()
  return used
}

async function watch(pid: number, { clock, signal, isQuick }: Bench): Promise<Used> {
  await clock.sleep(SETTLE_MS, signal)
  const startMs = clock.nowMs()
  const before = await usageOf(pid)
  await clock.sleep(isQuick ? 4_000 : 12_000, signal)
  const after = await usageOf(pid)
  return { ...after, cpuShare: (after.cpuMs - before.cpuMs) / (clock.nowMs() - startMs) }
}

async function startTimes(section: Section, bench: Bench): Promise<void> {
  const { clock, labFile, isQuick } = bench
  const table = addTable(section, 'From the command to the first thing to see', ['what', 'ms', 'times'])
  bench.progress('own cost: chaoslab --help')
  await attempt(section, 'chaoslab --help', bench.signal, async () => {
    const times: number[] = []
    for (let n = 0; n < 10; n++) {
      const startMs = clock.nowMs()
      const running = start(process.execPath, [CHAOSLAB, '--help'], bench.signal)
      await new Promise((resolve, reject) => {
        running.child.stdout?.once('data', resolve)
        running.child.once('error', reject)
      })
      times.push(clock.nowMs() - startMs)
      await running.ended
    }
    tellTimes(section, table, 'chaoslab --help, to its output', times, AIM.helpMs)
  })
  bench.progress('own cost: the first full frame')
  await attempt(section, 'the first full frame', bench.signal, async () => {
    const times: number[] = []
    for (let n = 0; n < (isQuick ? 2 : 5); n++) {
      const screen = await openScreen(['--lab', labFile, 'ui', '--no-traffic', '--no-record', '--no-metrics'], bench)
      times.push(screen.firstFrameMs)
      await screen.quit()
    }
    tellTimes(section, table, 'chaoslab ui, to the first frame that names the leader', times, AIM.firstFrameMs)
  })
}

function tellTimes(section: Section, table: Table, what: string, times: readonly number[], aimMs: number): void {
  table.rows.push([what, spread(times), String(times.length)])
  section.data.push({ what, timesMs: times })
  section.aims.push({
    what: `${what}: below ${aimMs} ms`,
    measured: `${spread(times)} ms`,
    isMet: median(times) < aimMs,
  })
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

function mebibytes(bytes: number): string {
  return (bytes / 1_024 / 1_024).toFixed(0)
}
