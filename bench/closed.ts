import type { OperationKind } from '../dist/model/events.js'
import type { Bench } from './bench.ts'
import { bareNode, barePipelined, DEPTH, labPipelined, labSessions, type OpenLoop, runLoop } from './clients.ts'
import { type Contestant, type Played, play, ratiosTo } from './contest.ts'
import { runPgbench } from './pgbench.ts'
import { addTable, attempt, median, newSection, ratios, type Section, spread, type Table } from './result.ts'

const KINDS: readonly OperationKind[] = ['write', 'read']
const CLIENTS: readonly number[] = [8, 32]
/** Each of what runs in Node, of each kind: V8 needs some 30,000 operations until it compiles nothing anew. */
const WARM_UP_SECONDS = 4
/** Above this share of a core a client with one thread is what limits; above that share of all cores, they are. */
const LIMITS = { client: 0.8, cores: 0.95 }
/** Throughput of one at a time as a share of pgbench's, and how often its CPU an operation may cost. */
const AIMS = { ratio: 0.95, cpu: 1.8 }
/** Of the pipeline: as a share of plain pgbench's throughput, and of pgbench's own pipeline. */
const PIPELINE_AIMS = { write: 1, read: 1.4, ofPipeline: 0.9 }

/** How fast the lab's own sessions are when they do not wait for a schedule. */
export async function closedLoop(bench: Bench, kinds = KINDS, ofClients = CLIENTS): Promise<Section> {
  const section = newSection(
    'Closed loop: the lab’s sessions against pgbench',
    'INSERT through the leader’s port and SELECT through the replicas’, prepared, back to back; pgbench with one thread and the same number of clients.',
    'CPU is the client’s own, user and system, for a thousand operations; connecting is left out on both sides. The ratio is to pgbench, round by round: median (lowest–highest).',
    'Bare Node sends bytes that were made before, looks for an answer’s end only and keeps nothing (bench/bare-socket.ts); its statement has its values written into it. All that run in Node have run for some seconds of each kind before: V8 compiles what runs often while it runs, and pgbench was compiled before.',
    `The client is a part of what limits where it keeps its one thread busy for more than ${LIMITS.client * 100} % of the time, or where more than ${LIMITS.cores * 100} % of all cores are busy, which client, proxies and servers share. Elsewhere the server is the limit.`,
  )
  const table = addTable(section, '', [
    'operation',
    'clients',
    'client',
    'ops/s',
    'ratio to pgbench',
    'CPU ms / 1,000',
    'client cores',
    'machine busy',
    'failed',
  ])
  for (const kind of kinds) {
    for (const open of [labSessions, labPipelined, bareNode, barePipelined]) {
      await runLoop(
        open,
        { kind, address: bench.address[kind], credentials: bench.credentials, clients: 8, seconds: WARM_UP_SECONDS },
        bench.signal,
      )
    }
  }
  for (const kind of kinds) {
    for (const clients of ofClients) {
      const what = `${kind === 'write' ? 'INSERT' : 'SELECT'}, ${clients} clients`
      bench.progress(`closed loop: ${what}`)
      await attempt(section, what, bench.signal, async () => {
        const played = await play(contestants(kind, clients, bench), bench)
        tell(section, table, { kind, clients, what }, played)
      })
    }
  }
  return section
}

function contestants(kind: OperationKind, clients: number, bench: Bench): Contestant[] {
  const seconds = bench.isQuick ? 1 : 2
  const { credentials, signal } = bench
  const options = { kind, address: bench.address[kind], credentials, clients, seconds }
  const own = (name: string, open: OpenLoop): Contestant => ({ name, run: () => runLoop(open, options, signal) })
  const pgbench = async (pipeline = 1) => {
    const [result] = await runPgbench([{ kind, clients, seconds, pipeline }], bench)
    if (result === undefined) throw new Error('pgbench gave no result')
    return result
  }
  return [
    { name: 'pgbench', run: () => pgbench() },
    own('chaoslab', labSessions),
    { name: 'pgbench, pipelined four deep', run: () => pgbench(DEPTH) },
    own('chaoslab, pipelined four deep', labPipelined),
    own('bare Node', bareNode),
    own('bare Node, four deep', barePipelined),
  ]
}

/** As `contestants` lists them. */
type PlayedByAll = [Played, Played, Played, Played, Played, Played]

interface Setting {
  readonly kind: OperationKind
  readonly clients: number
  readonly what: string
}

function tell(section: Section, table: Table, { kind, clients, what }: Setting, played: readonly Played[]): void {
  const [pgbench, chaoslab, deepPgbench, deep, bare, deepBare] = played as PlayedByAll
  for (const each of played) {
    table.rows.push([
      kind === 'write' ? 'INSERT' : 'SELECT',
      String(clients),
      each.name,
      spread(each.perSecond),
      each === pgbench ? '1' : ratios(ratiosTo(pgbench, each)),
      spread(each.cpuPerThousandMs),
      median(each.clientCores).toFixed(2),
      `${(median(each.machineBusy) * 100).toFixed(0)} %`,
      String(each.failed),
    ])
  }
  section.data.push({ kind, clients, rounds: played })
  const isThreadFull = median(chaoslab.clientCores) > LIMITS.client
  const areCoresFull = median(chaoslab.machineBusy) > LIMITS.cores
  const limit = isThreadFull ? 'the client is' : areCoresFull ? 'the cores are' : 'the server is'
  const aim = (
    text: string,
    of: (own: Played) => number[],
    lab: Played,
    node: Played,
    isMet: (of: number) => boolean,
  ) => {
    const [measured, bareMeasured] = [of(lab), of(node)]
    section.aims.push({
      what: `${what}: ${text}`,
      measured: ratios(measured),
      isMet: isMet(median(measured)),
      bare: { measured: ratios(bareMeasured), isMet: isMet(median(bareMeasured)) },
    })
  }
  const atLeast = (text: string, least: number, reference: Played, lab: Played, node: Played) =>
    aim(
      `at least ${least} of ${text}`,
      (own) => ratiosTo(reference, own),
      lab,
      node,
      (ratio) => ratio >= least,
    )
  atLeast(`pgbench (${limit} the limit)`, AIMS.ratio, pgbench, chaoslab, bare)
  const cpu = ({ cpuPerThousandMs }: Played) =>
    cpuPerThousandMs.map((each, round) => each / (pgbench.cpuPerThousandMs[round] as number))
  aim(`CPU an operation at most ${AIMS.cpu} times pgbench’s`, cpu, chaoslab, bare, (times) => times <= AIMS.cpu)
  atLeast('pgbench, four deep', PIPELINE_AIMS[kind], pgbench, deep, deepBare)
  atLeast('pgbench’s own pipeline, both four deep', PIPELINE_AIMS.ofPipeline, deepPgbench, deep, deepBare)
}
