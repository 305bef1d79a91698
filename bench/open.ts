import { createAlarm } from '../dist/log/alarm.js'
import type { EventLog } from '../dist/log/event-log.js'
import type { LabEvent, OperationKind } from '../dist/model/events.js'
import { createLedger } from '../dist/model/ledger.js'
import { createGenerator } from '../dist/traffic/generator.js'
import { beginEvents } from '../dist/workloads/events/run.js'
import { bareOpen, newSent, type Sent } from './bare-open.ts'
import { type Bench, watchMachine } from './bench.ts'
import { runPgbench } from './pgbench.ts'
import { addTable, attempt, median, newSection, percentile, type Section, spread, type Table } from './result.ts'

const RATES: readonly number[] = [500, 1_000, 2_000, 5_000]
const KINDS: readonly OperationKind[] = ['write', 'read']
const SESSIONS = 32
/** Of each that runs in Node, before all: V8 needs some 10,000 operations of each kind until it compiles little anew. */
const WARM_UP = { rate: 1_000, seconds: 10 }
/** Left out on both sides: connections are opened in it. */
const WARM_UP_MS = 1_000
/** A rate that pgbench falls short of by more than this is one that the cluster does not take. */
const TAKEN = 0.97
/** Up to the highest rate that the lab is on time at to less than a millisecond; above it one round is enough. */
const AIM = { rate: 0.005, lag50Ms: 0.2, lagUpTo: 1_000 }

/** One kind of one client in one round. */
interface Round {
  /** Of the rate that was asked for. */
  readonly achieved: number
  readonly lagsMs: Float64Array
  readonly latenciesMs: Float64Array
  readonly notDone: number
}

type Rounds = Record<OperationKind, Round[]>

/** Whether the lab's generator keeps its schedule, and what the latencies are that it tells. */
export async function openLoop(bench: Bench, rates = RATES): Promise<Section> {
  const section = newSection(
    'Open loop: the lab’s generator against pgbench --rate',
    `Writes and reads at the same time, each at the rate; ${SESSIONS} connections of each kind, or as many as the lab opens for the rate; all open theirs before. The lab’s operations are evenly spaced, above 500 a second some at a time, at least 2 ms apart; pgbench’s are due as of a Poisson process, so its achieved rate scatters and its queues are longer at the same rate.`,
    'Bare Node is the lab’s alarm and sockets that send bytes that were made before (bench/bare-open.ts). Both have run for some seconds before: V8 compiles what runs often while it runs.',
    'Lag is from the due time to the sending, latency from the due time to the answer, in ms; the first second is left out. Of all rounds’ operations together, and in brackets the round with the lowest and the one with the highest. Not done: failed, unknown or dropped, with bare Node not answered a second after the end (pgbench: failed).',
  )
  const table = addTable(section, '', [
    'rate/s',
    'operation',
    'client',
    'achieved %',
    'lag p50',
    'lag p99',
    'latency p50',
    'latency p99',
    'not done',
    'machine busy',
  ])
  for (const run of [byLab, byBareNode]) await run(WARM_UP.rate, WARM_UP.seconds, bench)
  for (const rate of rates) {
    bench.progress(`open loop: ${rate} a second of each kind`)
    await attempt(section, `${rate}/s`, bench.signal, () => measure(rate, section, table, bench))
  }
  return section
}

async function measure(rate: number, section: Section, table: Table, bench: Bench): Promise<void> {
  const seconds = bench.isQuick ? 3 : 6
  const rounds = rate > AIM.lagUpTo ? 1 : bench.rounds
  const clientOf = (run: (rate: number, seconds: number, bench: Bench) => Promise<Record<OperationKind, Round>>) => ({
    rounds: { write: [], read: [] } as Rounds,
    busy: [] as number[],
    run: () => run(rate, seconds, bench),
  })
  const clients = {
    pgbench: clientOf(byPgbench),
    chaoslab: clientOf(byLab),
    'bare Node': clientOf(byBareNode),
  }
  for (let round = 0; round < rounds; round++) {
    const order = Object.values(clients)
    for (const client of round % 2 === 0 ? order : order.toReversed()) {
      const busy = watchMachine()
      const figures = await client.run()
      client.busy.push(busy())
      for (const kind of KINDS) client.rounds[kind].push(figures[kind])
    }
  }
  for (const kind of KINDS) {
    for (const [name, { rounds, busy }] of Object.entries(clients)) {
      table.rows.push([
        String(rate),
        kind === 'write' ? 'INSERT' : 'SELECT',
        name,
        ...cells(rounds[kind]),
        `${(median(busy) * 100).toFixed(0)} %`,
      ])
    }
    judge(section, rate, kind, {
      pgbench: clients.pgbench.rounds[kind],
      chaoslab: clients.chaoslab.rounds[kind],
      bare: clients['bare Node'].rounds[kind],
    })
  }
  const kept = Object.entries(clients).map(
    ([
      name,
      {
        rounds: { write, read },
        busy,
      },
    ]) => [name, { write: write.map(figuresOf), read: read.map(figuresOf), busy }],
  )
  section.data.push({ rate, ...Object.fromEntries(kept) })
}

function figuresOf({ achieved, lagsMs, latenciesMs, notDone }: Round) {
  const of = (times: Float64Array) => ({ p50: percentile(times, 0.5), p99: percentile(times, 0.99) })
  return { achieved, lagMs: of(lagsMs), latencyMs: of(latenciesMs), notDone }
}

type Times = 'lagsMs' | 'latenciesMs'

/** Of all rounds' operations together: of a single round's latest hundredth one pause of the server is most. */
function pooled(rounds: readonly Round[], times: Times, share: number): number {
  return percentile(Float64Array.from(rounds.flatMap((round) => [...round[times]])), share)
}

function cells(rounds: readonly Round[]): string[] {
  const achieved = rounds.map((round) => round.achieved * 100)
  const cell = (times: Times, share: number) => {
    const each = rounds.map((round) => percentile(round[times], share))
    const [least, most] = [Math.min(...each), Math.max(...each)].map((ms) => ms.toFixed(2))
    return `${pooled(rounds, times, share).toFixed(2)} (${least}–${most})`
  }
  return [
    spread(achieved, 1),
    cell('lagsMs', 0.5),
    cell('lagsMs', 0.99),
    cell('latenciesMs', 0.5),
    cell('latenciesMs', 0.99),
    String(rounds.reduce((sum, { notDone }) => sum + notDone, 0)),
  ]
}

type Measured = Readonly<Record<'pgbench' | 'chaoslab' | 'bare', readonly Round[]>>

function judge(section: Section, rate: number, kind: OperationKind, { pgbench, chaoslab, bare }: Measured): void {
  const what = `${rate}/s ${kind === 'write' ? 'INSERT' : 'SELECT'}`
  const isTaken = median(pgbench.map((round) => round.achieved)) >= TAKEN
  const achieved = median(chaoslab.map((round) => round.achieved))
  const note = isTaken ? '' : ' (more than this cluster takes: pgbench falls short too)'
  section.aims.push({
    what: `${what}: the rate is achieved within ${AIM.rate * 100} %${note}`,
    measured: `${(achieved * 100).toFixed(2)} %`,
    isMet: isTaken ? Math.abs(achieved - 1) <= AIM.rate : null,
  })
  if (rate > AIM.lagUpTo) return
  const most = pooled(pgbench, 'lagsMs', 0.99)
  const lag = (text: string, share: number, mostMs: number) => {
    const judged = (rounds: readonly Round[]) => {
      const ms = pooled(rounds, 'lagsMs', share)
      return { measured: `${ms.toFixed(2)} ms`, isMet: isTaken ? ms <= mostMs : null }
    }
    section.aims.push({ what: `${what}: lag ${text}`, ...judged(chaoslab), bare: judged(bare) })
  }
  lag(`p50 at most ${AIM.lag50Ms} ms`, 0.5, AIM.lag50Ms)
  lag(`p99 at most pgbench’s ${most.toFixed(2)} ms`, 0.99, most)
}

async function byPgbench(ratePerSecond: number, seconds: number, bench: Bench): Promise<Record<OperationKind, Round>> {
  const jobs = KINDS.map((kind) => ({ kind, clients: SESSIONS, seconds, ratePerSecond }))
  const [write, read] = (await runPgbench(jobs, bench)).map(({ perSecond, failed, latenciesMs, lagsMs }) => ({
    lagsMs,
    latenciesMs,
    // Its duration has the connecting in it, its rate has not.
    achieved: perSecond / ratePerSecond,
    notDone: failed,
  })) as [Round, Round]
  return { write, read }
}

async function byBareNode(ratePerSecond: number, seconds: number, bench: Bench): Promise<Record<OperationKind, Round>> {
  const fromMs = bench.clock.nowMs() + WARM_UP_MS
  const sent = await bareOpen(ratePerSecond, { fromMs, toMs: fromMs + seconds * 1_000 }, SESSIONS, bench)
  return roundsOf(sent, ratePerSecond * seconds)
}

/** The real generator, as `chaoslab traffic` runs it; only the ledger and the observers are not there. */
async function byLab(ratePerSecond: number, seconds: number, bench: Bench): Promise<Record<OperationKind, Round>> {
  const { clock, address, credentials, signal } = bench
  const sent: Record<OperationKind, Sent> = { write: newSent(), read: newSent() }
  let [fromMs, toMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  const log: Pick<EventLog, 'append'> = { append: (body) => ({ seq: 0, atMs: 0, ...body }) as LabEvent }
  const alarm = createAlarm(clock)
  const generator = createGenerator({
    log,
    clock,
    sleep: alarm.sleep,
    ...address,
    credentials,
    operations: beginEvents({ runId: 'bench', ledger: createLedger(), leading: () => null }),
    nameOf: (server) => server,
    maxSessions: SESSIONS,
    // Numbers alone: what holds every operation makes V8 collect it, which is no work of the lab's.
    onOutcome({ kind, outcome, dueMs, sentMs, answeredMs }) {
      if (dueMs < fromMs || dueMs >= toMs) return
      if (sentMs !== null) sent[kind].lagsMs.push(sentMs - dueMs)
      if (outcome === 'ok') sent[kind].latenciesMs.push(answeredMs - dueMs)
    },
  })
  generator.set({ isOn: true, writesPerSecond: ratePerSecond, readsPerSecond: ratePerSecond })
  await generator.warmUp(signal)
  const stop = new AbortController()
  fromMs = clock.nowMs() + WARM_UP_MS
  toMs = fromMs + seconds * 1_000
  const running = generator.run(stop.signal)
  await clock.sleep(seconds * 1_000 + WARM_UP_MS, signal).catch(() => {})
  stop.abort()
  await running
  alarm.end()
  signal.throwIfAborted()
  return roundsOf(sent, ratePerSecond * seconds)
}

function roundsOf(sent: Readonly<Record<OperationKind, Sent>>, due: number): Record<OperationKind, Round> {
  const of = ({ lagsMs, latenciesMs }: Sent): Round => ({
    lagsMs: Float64Array.from(lagsMs),
    latenciesMs: Float64Array.from(latenciesMs),
    achieved: latenciesMs.length / due,
    notDone: Math.max(due - latenciesMs.length, 0),
  })
  return { write: of(sent.write), read: of(sent.read) }
}
