import { setMaxListeners } from 'node:events'
import { ledgerSink } from '../../audit/ledger-sink.ts'
import { watchAwake } from '../../log/awake.ts'
import { beat } from '../../log/beat.ts'
import type { Clock } from '../../log/clock.ts'
import type { EventLog } from '../../log/event-log.ts'
import type { EventBody, LabEvent } from '../../model/events.ts'
import { createLedger } from '../../model/ledger.ts'
import { createGenerator, type Generator, type TrafficSettings } from '../../traffic/generator.ts'
import { runProbe } from '../../traffic/probe.ts'
import { findWorkload } from '../../workloads/workloads.ts'
import {
  type ClientLine,
  type ClientSettings,
  DEAD_MAN_MS,
  type PackedWrite,
  packWrite,
  type Said,
} from './protocol.ts'

/** How the clients hear the lab and are heard. */
export interface ClientWorld {
  readonly clock: Clock
  /** Never blocks and never throws. */
  tell(line: ClientLine): void
  /** What the lab has said last; null while it has said nothing. */
  heard(): Promise<Said | null>
}

const LISTEN_MS = 100
/** Those of several sites and of the lab all log in again at once when a leader is back. */
const MAX_SESSIONS = 8
const FLUSH_MS = 200
/** A line has to fit into what the lab reads at a time; thousands of writes can end together. */
const WRITES_A_LINE = 100

/**
 * The clients of one site: a generator and two probes, from when the lab first says what is to be sent until it says that
 * it is over, or says nothing for two minutes. All that becomes of it is told. Resolves once all is.
 */
export async function runClients(settings: ClientSettings, world: ClientWorld): Promise<void> {
  const over = new AbortController()
  setMaxListeners(0, over.signal)
  let traffic: Traffic | null = null
  const onSaid = (said: Said) => {
    if (said.traffic !== null) traffic ??= startTraffic(settings, said.traffic, world, over.signal)
    if (said.traffic !== null) traffic?.generator.set(said.traffic)
  }
  await listen(world, onSaid)
  over.abort()
  // Set while listening, which the compiler does not see.
  const started = traffic as Traffic | null
  await started?.ended
  world.tell({ type: 'ended', writes: started?.writes() ?? 0 })
}

/** Until the lab says that it is over, or is not heard any more. */
async function listen({ clock, heard }: ClientWorld, onSaid: (said: Said) => void): Promise<void> {
  let heardMs = clock.nowMs()
  let latest = -1
  while (clock.nowMs() - heardMs < DEAD_MAN_MS) {
    const said = await heard()
    if (said !== null && said.n !== latest) {
      heardMs = clock.nowMs()
      latest = said.n
      onSaid(said)
    }
    if (said?.isOver) return
    await clock.sleep(LISTEN_MS)
  }
}

interface Traffic {
  readonly generator: Generator
  readonly ended: Promise<void>
  writes(): number
}

function startTraffic(
  { runId, workload: type, write, read, credentials, pipeline, probeEveryMs: intervalMs }: ClientSettings,
  wanted: TrafficSettings,
  { clock, tell }: ClientWorld,
  signal: AbortSignal,
): Traffic {
  const workload = findWorkload(type)
  if (workload === null || 'readBack' in workload) throw new Error(`clients of a site do no ${type}`)
  const ledger = createLedger()
  const operations = workload.begin({ runId, ledger, leading: () => null })
  const awake = watchAwake({ clock, onAsleep: ({ fromMs, toMs }) => tell({ type: 'asleep', fromMs, toMs }) })
  let waiting: PackedWrite[] = []
  const flush = () => {
    for (let from = 0; from < waiting.length; from += WRITES_A_LINE)
      tell({ type: 'writes', writes: waiting.slice(from, from + WRITES_A_LINE) })
    waiting = []
  }
  const shared = { log: probesTold(clock, tell), clock: awake.clock, credentials, nameOf: (address: string) => address }
  const onOutcome = ledgerSink({ ledger, file: { append: (entry) => void waiting.push(packWrite(entry)) } })
  const generator = createGenerator({
    maxSessions: MAX_SESSIONS,
    ...shared,
    write,
    read,
    operations,
    pipeline,
    settings: wanted,
    onOutcome,
  })
  const run = async () => {
    const watching = awake.run(signal)
    await generator.warmUp(signal)
    await Promise.all([
      generator.run(signal),
      runProbe({ ...shared, kind: 'write', address: write, runId, intervalMs }, signal),
      runProbe({ ...shared, kind: 'read', address: read, intervalMs }, signal),
      beat(clock, FLUSH_MS, flush, signal),
    ])
    await watching
    flush()
  }
  return { generator, ended: run(), writes: () => ledger.size }
}

/** Of what generator and probes append, the probes' answers are passed on: what became of the writes is told one by one. */
function probesTold(clock: Clock, tell: ClientWorld['tell']): Pick<EventLog, 'append'> {
  return {
    append(body: EventBody): LabEvent {
      const untilMs = clock.nowMs()
      if (body.type === 'probe') tell({ ...body, untilMs })
      return { seq: 0, atMs: untilMs, ...body }
    },
  }
}
