import { tellUnderWay } from '../lab/under-way.ts'
import type { Sink } from '../log/event-log.ts'
import type { OperationTick, TrafficTicked } from '../model/events.ts'
import { errorsOf, type TrafficState } from '../model/traffic-state.ts'
import { formatClock } from '../model/units.ts'
import { attach, type RecordOptions } from './attach.ts'
import { exitOf, finishRun, tellFinished } from './finish-run.ts'
import { interruptSignal } from './interrupt.ts'
import { type MetricsCommandOptions, startMetrics } from './metrics.ts'
import type { ClientOptions, GlobalOptions } from './options.ts'
import { requireUp } from './require-up.ts'
import { newRunRecord, sinksOf } from './run-record.ts'

export interface TrafficOptions extends GlobalOptions, ClientOptions, RecordOptions, MetricsCommandOptions {
  /** Milliseconds; until interrupted when left out. */
  readonly for?: number
}

/** Reads and writes through HAProxy: a line a second, errors as they come, totals at the end. Exits by what it came to. */
export async function traffic(options: TrafficOptions): Promise<void> {
  const signal = interruptSignal()
  await requireUp(options)
  const stop = options.for === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(options.for)])
  const record = await newRunRecord(options, 'traffic')
  const { folder } = record
  const { endpoints, pipeline, workload } = options
  const lab = await attach(options, { folder, endpoints, pipeline, workload, sinks: sinksOf(record) })
  if (!lab.hasRoutes) {
    await lab.close('no proxy')
    throw new Error(`${options.lab}: it names no proxy, so there is nowhere to send traffic to: fill in haproxy`)
  }
  await tellUnderWay(lab.definition)
  const endMetrics = await startMetrics(lab, options, console.error)
  try {
    await lab.prepareWorkload(AbortSignal.any([stop, AbortSignal.timeout(10_000)]))
  } catch (error) {
    if (!stop.aborted) console.error(`${(error as Error).message}; going on`)
  }
  console.log('time     writes: ok failed unknown dropped  p50/p99 ms → server     reads: …')
  lab.log.attach(tickPrinter())
  lab.setTraffic({ isOn: true, writesPerSecond: options.writes, readsPerSecond: options.reads })
  await new Promise<void>((resolve) => {
    if (stop.aborted) return resolve()
    stop.addEventListener('abort', () => resolve(), { once: true })
  })
  await lab.endTraffic()
  console.log(totals(lab.live.current().traffic))
  // Ctrl-C ends the traffic; what it wrote is judged all the same, and a second one ends that too.
  const ending = finishRun(lab, { record, reason: 'traffic ended', signal: new AbortController().signal })
  const finished = await ending.finally(() => endMetrics())
  for (const line of tellFinished(finished)) console.log(line)
  process.exitCode = signal.aborted && options.for !== undefined ? 130 : exitOf(finished)
}

function tickPrinter(): Sink {
  return {
    onEvent(event) {
      if (event.type === 'traffic.tick') console.log(formatTick(event.atMs, event))
      // What befalls the lab itself is said when it happens, not at the end: a disk that is full, above all.
      if (event.type === 'note' && event.level === 'error') console.log(`${formatClock(event.atMs)}  ${event.text}`)
    },
  }
}

function formatTick(atMs: number, tick: TrafficTicked): string {
  const errors = errorsOf(tick).map(([code, count]) => `${code}×${count}`)
  const told = errors.length > 0 ? `  ! ${errors.join(' ')}` : ''
  return `${formatClock(atMs)}  W ${formatKind(tick.write)}  R ${formatKind(tick.read)}${told}`
}

function formatKind(tick: OperationTick): string {
  const counts = [tick.ok, tick.failed, tick.unknown, tick.dropped].map((n) => String(n).padStart(5)).join('')
  const latency = tick.latencyMs ? `${tick.latencyMs.p50.toFixed(1)}/${tick.latencyMs.p99.toFixed(1)}` : '–'
  const servers = Object.entries(tick.byServer)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([server, count]) => `${server}:${count}`)
    .join(' ')
  return `${counts}  ${latency.padStart(10)} → ${servers || 'nobody'}`
}

function totals({ totals: { write, read } }: TrafficState): string {
  const line = (what: string, t: typeof write) =>
    `${what}: ${t.ok} acknowledged, ${t.failed} failed, ${t.unknown} unknown, ${t.dropped} dropped`
  return `\n${line('writes', write)}\n${line('reads', read)}`
}
