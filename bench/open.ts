import { createAlarm } from '../dist/log/alarm.js'
import type { EventLog } from '../dist/log/event-log.js'
import type { LabEvent, OperationKind } from '../dist/model/events.js'
import { createLedger } from '../dist/model/ledger.js'
import { createGenerator } from '../dist/traffic/generator.js'
import type { OperationRecord } from '../dist/traffic/operation.js'
import { beginEvents } from '../dist/workloads/events/run.js'
import { bareOpen } from './bare-open.ts'
import { type Bench, watchMachine } from './bench.ts'
import { runPgbench } from './pgbench.ts'
import { addTable, attempt, median, newSection, percentile, type Section, spread, type Table } from './result.ts'

const RATES: readonly number[] = [500, 1_000, 2_000, 5_000]
const KINDS: readonly OperationKind[] = ['write', 'read']
const SESSIONS = 32
/** Left out on both sides: connections are opened in it. */
const WARM_UP_MS = 1_000
/** A rate that pgbench falls short of by more than this is one that the cluster does not take. */
const TAKEN = 0.97
/** Up to the highest rate that the lab is on time at to less than a millisecond. */
const AIM = { rate: 0.005, lag50Ms: 0.2, lagUpTo: 1_000 }

/** One kind of one client in one round; milliseconds. */
interface Figures {
  /** Of the rate that was asked for. */
  readonly achieved: number
  readonly lag50: number
  readonly lag99: number
  readonly latency50: number
  readonly latency99: number
  readonly notDone: number
}

type Rounds = Record<OperationKind, Figures[]>

/** Whether the lab's generator keeps its schedule, and what the latencies are that it tells. */
export async function openLoop(bench: Bench, rates = RATES): Promise<Section> {
  const section = newSection(
    'Open loop: the lab’s generator against pgbench --rate',
    `Writes and reads at the same time, each at the rate; ${SESSIONS} connections of each kind, or as many as the lab opens for the rate; all open theirs before. The lab’s operations are evenly spaced; pgbench’s are due as of a Poisson process, so its achieved rate scatters and its queues are longer at the same rate.`,
    'Bare Node is the lab’s alarm and sockets that send bytes that were made before (bench/bare-open.ts).',
    'Lag is from the due time to the sending, latency from the due time to the answer; the first second is left out. Medians of the rounds (lowest–highest), in ms. Not done: failed, unknown or dropped (pgbench: failed).',
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
  for (const rate of rates) {
    bench.progress(`open loop: ${rate} a second of each kind`)
    await attempt(section, `${rate}/s`, bench.signal, () => measure(rate, section, table, bench))
  }
  return section
}

async function measure(rate: number, section: Section, table: Table, bench: Bench): Promise<void> {
  const seconds = bench.isQuick ? 3 : 6
  const clients = {
    pgbench: {
      rounds: { write: [], read: [] } as Rounds,
      busy: [] as number[],
      run: () => byPgbench(rate, seconds, bench),
    },
    chaoslab: {
      rounds: { write: [], read: [] } as Rounds,
      busy: [] as number[],
      run: () => byLab(rate, seconds, bench),
    },
    'bare Node': {
      rounds: { write: [], read: [] } as Rounds,
      busy: [] as number[],
      run: () => byBareNode(rate, seconds, bench),
    },
  }
  for (let round = 0; round < bench.rounds; round++) {
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
        percent(median(busy)),
      ])
    }
    judge(section, rate, kind, {
      pgbench: clients.pgbench.rounds[kind],
      chaoslab: clients.chaoslab.rounds[kind],
      bare: clients['bare Node'].rounds[kind],
    })
  }
  const rounds = Object.entries(clients).map(([name, client]) => [name, client.rounds])
  section.data.push({ rate, ...Object.fromEntries(rounds) })
}

function cells(rounds: readonly Figures[]): string[] {
  const of = (figure: keyof Figures) => rounds.map((round) => round[figure])
  return [
    spread(
      of('achieved').map((share) => share * 100),
      1,
    ),
    spread(of('lag50'), 2),
    spread(of('lag99'), 2),
    spread(of('latency50'), 2),
    spread(of('latency99'), 2),
    String(of('notDone').reduce((sum, each) => sum + each, 0)),
  ]
}

type Measured = Readonly<Record<'pgbench' | 'chaoslab' | 'bare', readonly Figures[]>>

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
  const [lag50, lag99] = [median(chaoslab.map((round) => round.lag50)), median(chaoslab.map((round) => round.lag99))]
  const pgbench99 = median(pgbench.map((round) => round.lag99))
  const bare99 = median(bare.map((round) => round.lag99))
  section.aims.push(
    {
      what: `${what}: lag p50 at most ${AIM.lag50Ms} ms`,
      measured: `${lag50.toFixed(2)} ms`,
      isMet: isTaken ? lag50 <= AIM.lag50Ms : null,
    },
    {
      what: `${what}: lag p99 at most pgbench’s`,
      measured: `${lag99.toFixed(2)} ms (pgbench ${pgbench99.toFixed(2)}, bare Node ${bare99.toFixed(2)} ms)`,
      isMet: isTaken ? lag99 <= pgbench99 : null,
    },
  )
}

async function byPgbench(
  ratePerSecond: number,
  seconds: number,
  bench: Bench,
): Promise<Record<OperationKind, Figures>> {
  const jobs = KINDS.map((kind) => ({ kind, clients: SESSIONS, seconds, ratePerSecond }))
  const [write, read] = (await runPgbench(jobs, bench)).map(({ perSecond, failed, latenciesMs, lagsMs }) => ({
    ...summary(lagsMs, latenciesMs),
    // Its duration has the connecting in it, its rate has not.
    achieved: perSecond / ratePerSecond,
    notDone: failed,
  })) as [Figures, Figures]
  return { write, read }
}

async function byBareNode(
  ratePerSecond: number,
  seconds: number,
  bench: Bench,
): Promise<Record<OperationKind, Figures>> {
  const fromMs = bench.clock.nowMs() + WARM_UP_MS
  const toMs = fromMs + seconds * 1_000
  const sent = await bareOpen(ratePerSecond, { fromMs, toMs }, SESSIONS, bench)
  const due = ratePerSecond * seconds
  const figures = (kind: OperationKind) => {
    const [lags, latencies] = [Float64Array.from(sent[kind].lagsMs), Float64Array.from(sent[kind].latenciesMs)]
    return { ...summary(lags, latencies), achieved: latencies.length / due, notDone: due - latencies.length }
  }
  return { write: figures('write'), read: figures('read') }
}

/** The real generator, as `chaoslab traffic` runs it; only the ledger and the observers are not there. */
async function byLab(ratePerSecond: number, seconds: number, bench: Bench): Promise<Record<OperationKind, Figures>> {
  const { clock, address, credentials, signal } = bench
  const records: Record<OperationKind, OperationRecord[]> = { write: [], read: [] }
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
    // The row would keep the parsed answer of every single operation alive.
    onOutcome: (record) => records[record.kind].push({ ...record, row: null }),
  })
  generator.set({ isOn: true, writesPerSecond: ratePerSecond, readsPerSecond: ratePerSecond })
  await generator.warmUp(signal)
  await generator.warmUp(signal)
  const stop = new AbortController()
  const startMs = clock.nowMs()
  const running = generator.run(stop.signal)
  await clock.sleep(seconds * 1_000 + WARM_UP_MS, signal).catch(() => {})
  stop.abort()
  await running
  alarm.end()
  signal.throwIfAborted()
  const fromMs = startMs + WARM_UP_MS
  const counted = (kind: OperationKind) => figuresOf(records[kind], fromMs, seconds, ratePerSecond)
  return { write: counted('write'), read: counted('read') }
}

function figuresOf(records: readonly OperationRecord[], fromMs: number, seconds: number, rate: number): Figures {
  const due = records.filter(({ dueMs }) => dueMs >= fromMs && dueMs < fromMs + seconds * 1_000)
  const ok = due.filter(({ outcome }) => outcome === 'ok')
  const lags = Float64Array.from(due.flatMap(({ dueMs, sentMs }) => (sentMs === null ? [] : [sentMs - dueMs])))
  const latencies = Float64Array.from(ok, ({ dueMs, answeredMs }) => answeredMs - dueMs)
  return { ...summary(lags, latencies), achieved: ok.length / (rate * seconds), notDone: due.length - ok.length }
}

function summary(lags: Float64Array, latencies: Float64Array) {
  return {
    lag50: percentile(lags, 0.5),
    lag99: percentile(lags, 0.99),
    latency50: percentile(latencies, 0.5),
    latency99: percentile(latencies, 0.99),
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}
