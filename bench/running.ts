import { mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bench } from './bench.ts'
import { runPgbench } from './pgbench.ts'
import { CHAOSLAB, OWN_TABLES, start, type Usage, usageOf } from './process.ts'
import { addTable, attempt, median, newSection, type Section, spread } from './result.ts'
import { openScreen } from './screen.ts'

/** V8 compiles what runs often while it runs, for the first ten seconds or so; a lab runs for minutes. */
const SETTLE_MS = 15_000
/** A round takes three minutes. */
const MOST_ROUNDS = 3

interface Used {
  readonly cpuShare: number
  /** What Docker took meanwhile, which answers the lab. Neither this nor the next is known of pgbench, which has ended. */
  readonly engineShare: number | null
  readonly usage: Usage | null
}

interface Case {
  readonly what: string
  measure(): Promise<Used>
}

/** The most that one may take of a core, and those whose sum is what bare Node takes of it. */
interface Judged {
  readonly aimed: Case
  readonly most: number
  readonly bare: readonly Case[]
}

/** What the lab itself takes from the machine that the cluster runs on, while it runs. */
export async function runningCost(bench: Bench): Promise<Section> {
  const section = newSection(
    'What the lab takes while it runs',
    'CPU from /proc, as a share of one core, over twelve seconds after the first fifteen, in which V8 compiles what runs often; memory is the resident set, of the last round. Beside it what Docker’s own processes took meanwhile, which answer the lab; the first row is what they take for the cluster alone. What has an aim and what bare Node takes of it were measured by turns, each round in the opposite order to the one before: median (lowest–highest); the rest once. The screen is in a terminal of 120 × 40. At 0/s there are the observers, and the probes, fifty writes and fifty reads a second. Bare Node sends bytes that were made before, each statement on a connection of its own turn, and only counts what comes back (bench/bare-node.ts); asking too, it asks with Node’s HTTP client, as the lab does, and throws away what it is told.',
  )
  const runs = path.join(bench.folder, 'runs')
  await mkdir(runs)
  const kept = ['--out', runs]
  const asking = bareNode(50, bench, 'and every source asked as often as the observers do', ['asks'])
  const [bare50, bare100, bare1000] = [bareNode(50, bench), bareNode(100, bench), bareNode(1_000, bench)]
  const judged: readonly Judged[] = [
    {
      aimed: traffic('observers only: traffic 0/s, not recorded', [...rates(0), '--no-record'], bench),
      most: 0.03,
      bare: [asking],
    },
    {
      aimed: screen('screen, 100/s of each, not recorded', [...rates(100), '--no-record'], bench),
      most: 0.08,
      bare: [asking, bare100],
    },
    {
      aimed: screen('screen, 1,000/s of each, recorded', [...rates(1_000), ...kept], bench),
      most: 0.2,
      bare: [asking, bare1000],
    },
  ]
  const others: readonly Case[] = [
    traffic('traffic 100/s of each, not recorded', [...rates(100), '--no-record'], bench),
    traffic('traffic 100/s of each, recorded', [...rates(100), ...kept], bench),
    screen('screen, traffic off, not recorded', [...rates(100), '--no-traffic', '--no-record'], bench),
    screen('screen, 100/s of each, recorded', [...rates(100), ...kept], bench),
    traffic('traffic 1,000/s of each, recorded', [...rates(1_000), ...kept], bench),
    bare50,
    ...[50, 100, 1_000].map((perSecond) => pgbench(perSecond, bench)),
  ]
  const nobody: Case = {
    what: 'nobody: the cluster alone',
    measure: async () => ({ cpuShare: 0, engineShare: await shareOver(usageOfEngine, bench), usage: null }),
  }
  const compared = [...new Set([nobody, ...judged.flatMap(({ aimed, bare }) => [aimed, ...bare])])]
  const used = new Map<Case, Used[]>()
  const measure = async (cases: readonly Case[]) => {
    for (const each of cases) {
      bench.progress(`own cost: ${each.what}`)
      await attempt(section, each.what, bench.signal, async () => {
        used.set(each, [...(used.get(each) ?? []), await each.measure()])
      })
    }
  }
  for (let round = 0; round < Math.min(bench.rounds, MOST_ROUNDS); round++)
    await measure(round % 2 === 0 ? compared : compared.toReversed())
  await measure(others)

  const table = addTable(section, '', ['what', 'CPU, % of a core', 'Docker', 'memory, MiB', 'peak, MiB'])
  for (const [{ what }, rounds] of used) {
    const last = rounds.at(-1)?.usage
    const memory = last ? [mebibytes(last.residentBytes), mebibytes(last.peakBytes)] : ['–', '–']
    const [own, engine] = [rounds.map(({ cpuShare }) => cpuShare), rounds.map(({ engineShare }) => engineShare)]
    table.rows.push([what, tell(own), tell(engine), ...memory])
    section.data.push({ what, rounds })
  }
  const shareOf = (each: Case) => median((used.get(each) ?? []).map(({ cpuShare }) => cpuShare))
  for (const { aimed, most, bare } of judged) {
    const judge = (share: number) => ({ measured: `${percent(share)} %`, isMet: share <= most })
    const [own, least] = [shareOf(aimed), bare.map(shareOf).reduce((sum, each) => sum + each, 0)]
    if (Number.isNaN(own)) continue
    const aim = { what: `${aimed.what}: at most ${most * 100} % of a core`, ...judge(own) }
    section.aims.push(Number.isNaN(least) ? aim : { ...aim, bare: judge(least) })
  }
  return section
}

function traffic(what: string, args: readonly string[], bench: Bench): Case {
  return { what, measure: () => watchTraffic(labArgs('traffic', args, bench), bench) }
}

function screen(what: string, args: readonly string[], bench: Bench): Case {
  const measure = async () => {
    const opened = await openScreen([process.execPath, CHAOSLAB, ...labArgs('ui', args, bench)], bench)
    const used = await watch(opened.screenPid, bench)
    await opened.quit()
    return used
  }
  return { what, measure }
}

function labArgs(command: 'traffic' | 'ui', args: readonly string[], { labFile }: Bench): readonly string[] {
  return ['--lab', labFile, command, ...args, '--no-metrics']
}

function bareNode(perSecond: number, bench: Bench, more = '', args: readonly string[] = []): Case {
  const what = `bare Node, ${eachSecond(perSecond)}${more === '' ? '' : `, ${more}`}`
  const file = fileURLToPath(new URL('./bare-node.ts', import.meta.url))
  const measure = async () => {
    const command = [file, bench.labFile, String(perSecond), ...args]
    const running = start(process.execPath, command, bench.signal, OWN_TABLES)
    const used = await watch(running.pid, bench)
    running.child.kill('SIGINT')
    await running.ended
    return { ...used, ...JSON.parse(running.output()) }
  }
  return { what, measure }
}

/** What another client takes for as many statements, and nothing else. */
function pgbench(perSecond: number, bench: Bench): Case {
  const measure = async () => {
    const seconds = bench.isQuick ? 4 : 12
    const job = { clients: 16, seconds, ratePerSecond: perSecond } as const
    const results = await runPgbench(
      [
        { ...job, kind: 'write' },
        { ...job, kind: 'read' },
      ],
      bench,
    )
    const cpuMs = results.reduce((sum, each) => sum + each.cpuMs, 0)
    return { cpuShare: cpuMs / (seconds * 1_000), engineShare: null, usage: null }
  }
  return { what: `pgbench --rate, ${eachSecond(perSecond)}`, measure }
}

function eachSecond(perSecond: number): string {
  return `${perSecond.toLocaleString('en')}/s of each`
}

function percent(share: number): string {
  return (share * 100).toFixed(1)
}

function tell(shares: readonly (number | null)[]): string {
  const known = shares.flatMap((share) => (share === null ? [] : [share * 100]))
  return known.length > 1 ? spread(known, 1) : (known[0]?.toFixed(1) ?? '–')
}

/** The options of a lab that sends as many writes as reads. */
export function rates(perSecond: number): readonly string[] {
  return ['--writes', String(perSecond), '--reads', String(perSecond)]
}

/** What a `chaoslab traffic` takes, which is ended as by Ctrl-C afterwards. @throws when it ends by itself, with what it said */
export async function watchTraffic(args: readonly string[], bench: Bench): Promise<Used> {
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

async function watch(pid: number, bench: Bench): Promise<Used> {
  await bench.clock.sleep(SETTLE_MS, bench.signal)
  const own = async () => (await usageOf(pid)).cpuMs
  const [cpuShare, engineShare] = await Promise.all([shareOver(own, bench), shareOver(usageOfEngine, bench)])
  return { cpuShare, engineShare, usage: await usageOf(pid) }
}

/** Over some seconds, of a core. */
async function shareOver(cpuMs: () => Promise<number>, { clock, signal, isQuick }: Bench): Promise<number> {
  const startMs = clock.nowMs()
  const before = await cpuMs()
  await clock.sleep(isQuick ? 4_000 : 12_000, signal)
  return ((await cpuMs()) - before) / (clock.nowMs() - startMs)
}

/** Of dockerd, containerd and the processes that it keeps beside each container, so far; milliseconds. */
async function usageOfEngine(): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const used = pids.map(async (pid) => {
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')
    return /^(dockerd|containerd)/.test(name) ? (await usageOf(Number(pid))).cpuMs : 0
  })
  return (await Promise.all(used)).reduce((sum, each) => sum + each, 0)
}

/** In whole mebibytes. */
export function mebibytes(bytes: number): string {
  return (bytes / 1_024 / 1_024).toFixed(0)
}
