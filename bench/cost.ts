import { mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bench } from './bench.ts'
import { repeatRun } from './long-run.ts'
import { runPgbench } from './pgbench.ts'
import { CHAOSLAB, finish, OWN_TABLES, start, type Usage, usageOf } from './process.ts'
import { addTable, attempt, newSection, type Section, type Table } from './result.ts'
import { openScreen } from './screen.ts'

const HOUR_MS = 3_600_000
/** V8 compiles what runs often while it runs, for the first ten seconds or so; a lab runs for minutes. */
const SETTLE_MS = 15_000
const RECORDED = 'recorded'
const ASKING = 'bare Node, 50/s of each, and every source asked as often as the observers do'
/** The most that each may take of a core, and what of it bare Node takes. */
const AIMS: readonly { readonly what: string; readonly most: number; readonly bare: readonly string[] }[] = [
  { what: 'observers only: traffic 0/s, not recorded', most: 0.03, bare: [ASKING] },
  { what: 'screen, 100/s of each, not recorded', most: 0.08, bare: [ASKING, 'bare Node, 100/s of each'] },
  { what: 'screen, 1,000/s of each, recorded', most: 0.2, bare: [ASKING, 'bare Node, 1,000/s of each'] },
]

/** What the lab itself takes from the machine that the cluster runs on, while it runs. */
export async function runningCost(bench: Bench): Promise<Section> {
  const section = newSection(
    'What the lab takes while it runs',
    'CPU from /proc, as a share of one core, over twelve seconds after the first fifteen, in which V8 compiles what runs often; memory is the resident set. The screen is in a terminal of 120 × 40. At 0/s there are the observers, and the probes, fifty writes and fifty reads a second. Bare Node sends bytes that were made before, each statement on a connection of its own turn, and only counts what comes back (bench/bare-node.ts); asking too, it asks with Node’s HTTP client, as the lab does, and throws away what it is told.',
  )
  await measureRunning(section, bench)
  await measureBareNode(section, 50, 'and every source asked as often as the observers do', ['asks'], bench)
  for (const perSecond of [50, 100, 1_000]) await measureLeast(section, perSecond, bench)
  judgeRunning(section)
  return section
}

/** What it takes to remember, to audit and to report. */
export async function ownCost(bench: Bench): Promise<Section> {
  const section = newSection('The lab’s own cost')
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
      table.rows.push([what, percent(used), ...memoryOf(used)])
      section.data.push({ what, ...used })
    })
  }
}

function judgeRunning(section: Section): void {
  const known = section.data as readonly { readonly what: string; readonly cpuShare: number }[]
  const shareOf = (what: string) => known.find((each) => each.what === what)?.cpuShare ?? Number.NaN
  for (const { what, most, bare } of AIMS) {
    const judged = (cpuShare: number) => ({ measured: `${percent({ cpuShare })} %`, isMet: cpuShare <= most })
    const [own, least] = [shareOf(what), bare.map(shareOf).reduce((sum, each) => sum + each, 0)]
    if (Number.isNaN(own)) continue
    const aim = { what: `${what}: at most ${most * 100} % of a core`, ...judged(own) }
    section.aims.push(Number.isNaN(least) ? aim : { ...aim, bare: judged(least) })
  }
}

async function measureBareNode(
  section: Section,
  perSecond: number,
  more: string,
  args: readonly string[],
  bench: Bench,
): Promise<void> {
  const what = `bare Node, ${eachSecond(perSecond)}${more === '' ? '' : `, ${more}`}`
  bench.progress(`own cost: ${what}`)
  await attempt(section, what, bench.signal, async () => {
    const file = fileURLToPath(new URL('./bare-node.ts', import.meta.url))
    const { answersPerSecond, ...used } = await watchBareNode([file, bench.labFile, String(perSecond), ...args], bench)
    const row = [`${what} (${answersPerSecond.toFixed(0)} answers a second)`, percent(used), ...memoryOf(used)]
    section.tables[0]?.rows.push(row)
    section.data.push({ what, answersPerSecond, ...used })
  })
}

/** What others take for as many statements, and nothing else. */
async function measureLeast(section: Section, perSecond: number, bench: Bench): Promise<void> {
  const table = section.tables[0] as Table
  const each = eachSecond(perSecond)
  await measureBareNode(section, perSecond, '', [], bench)
  bench.progress(`own cost: pgbench, ${each}`)
  await attempt(section, `pgbench, ${each}`, bench.signal, async () => {
    const seconds = bench.isQuick ? 4 : 12
    const job = { clients: 16, seconds, ratePerSecond: perSecond } as const
    const results = await runPgbench(
      [
        { ...job, kind: 'write' },
        { ...job, kind: 'read' },
      ],
      bench,
    )
    const cpuShare = results.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / (seconds * 1_000)
    table.rows.push([`pgbench --rate, ${each}`, percent({ cpuShare }), '–', '–'])
    section.data.push({ what: `pgbench --rate, ${each}`, cpuShare })
  })
}

function eachSecond(perSecond: number): string {
  return `${perSecond.toLocaleString('en')}/s of each`
}

async function watchBareNode(args: readonly string[], bench: Bench) {
  const running = start(process.execPath, args, bench.signal, OWN_TABLES)
  const used = await watch(running.pid, bench)
  running.child.kill('SIGINT')
  await running.ended
  const { answersPerSecond } = JSON.parse(running.output()) as { readonly answersPerSecond: number }
  return { ...used, answersPerSecond }
}

function percent({ cpuShare }: Pick<Used, 'cpuShare'>): string {
  return (cpuShare * 100).toFixed(1)
}

function memoryOf({ residentBytes, peakBytes }: Usage): readonly [string, string] {
  return [mebibytes(residentBytes), mebibytes(peakBytes)]
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
  const screen = await openScreen([process.execPath, CHAOSLAB, ...args], bench)
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
