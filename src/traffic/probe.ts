import { setMaxListeners } from 'node:events'
import { beat } from '../log/beat.ts'
import type { LogAndClock } from '../log/event-log.ts'
import type { Credentials } from '../model/address.ts'
import type { OperationKind } from '../model/events.ts'
import { type Connect, createConnector, type Endpoints, TARGETS } from './endpoints.ts'
import { CODES } from './outcome.ts'
import { ProbeReports } from './probe-reports.ts'
import type { Session, Statement } from './session.ts'

export interface ProbeOptions extends LogAndClock {
  readonly kind: OperationKind
  readonly address: Endpoints
  readonly credentials: Credentials
  /** The name of the server at an address, or the address itself. */
  readonly nameOf: (address: string) => string
  readonly intervalMs: number
  /** Names the rows that write probes make `RUNID:N`, so that they can be audited; left out, they have no names. */
  readonly runId?: string
  /** From the moment a probe begins to its answer, with the connection if it needs a new one; default 1 s. */
  readonly timeoutMs?: number
}

export const TIMEOUT_MS = 1_000
/** One timeout's worth of hung probes at the shortest interval, and a few more. */
export const MAX_UNDER_WAY = 60
/**
 * Healthy probes take turns on one session. A server that is slow needs as many as are asked before one is answered: to
 * log in to it again each time is what it can bear least.
 */
const MAX_IDLE = 20
const TRIM_MS = 60_000

const STATEMENTS: Record<OperationKind, Statement> = {
  write: { name: 'chaoslab_probe', text: 'INSERT INTO chaoslab_probe DEFAULT VALUES' },
  read: { name: 'chaoslab_probe', text: 'SELECT 1' },
}

const NAMED: Statement = { name: 'chaoslab_named_probe', text: 'INSERT INTO chaoslab_probe (name) VALUES ($1)' }
/** The table is one of before, which has no such column. */
const UNDEFINED_COLUMN = '42703'

/** A minute of probes is 3,000 rows. In batches by the key, so that it stays short whatever has piled up. */
const TRIM: Statement = {
  name: 'chaoslab_trim',
  text: `DELETE FROM chaoslab_probe WHERE id IN (
    SELECT id FROM chaoslab_probe WHERE written_at < now() - interval '5 minutes' ORDER BY id LIMIT 10000)`,
}

/** Rows with names are for the audits of their runs, which may come hours later. */
const TRIM_NAMED: Statement = {
  name: 'chaoslab_named_trim',
  text: `DELETE FROM chaoslab_probe WHERE id IN (
    SELECT id FROM chaoslab_probe
     WHERE written_at < now() - CASE WHEN name IS NULL THEN interval '5 minutes' ELSE interval '6 hours' END
     ORDER BY id LIMIT 10000)`,
}

/**
 * Clocks outages: begins a short operation every `intervalMs`, whatever became of those before it, on sessions of its
 * own. A session that hangs costs its own probe and no other: the next takes an idle session, or opens one. With
 * MAX_UNDER_WAY in use the answer is `failed` with the code NO_SESSION.
 *
 * Appends one `probe` event every 100 ms, with the answers since the last one or with none: silence is told by it.
 * `sentMs` is when the probe began, which for a new session is before the connection. What this process was too late
 * to begin is left out rather than sent in a burst. Resolves after the signal aborts, with all sessions closed.
 */
export async function runProbe(options: ProbeOptions, signal: AbortSignal): Promise<void> {
  const probe = new Probe(options)
  const every = (ms: number, act: () => void) => beat(options.clock, ms, act, signal)
  const loops = [every(options.intervalMs, () => probe.ask()), probe.reports.run(signal)]
  if (options.kind === 'write') loops.push(every(TRIM_MS, () => probe.trim()))
  await Promise.all(loops)
  // Before the sessions are cut: what the lab breaks off itself says nothing about the cluster.
  probe.reports.append()
  await probe.close()
}

class Probe {
  readonly #options: ProbeOptions
  readonly #timeoutMs: number
  readonly #connect: Connect
  readonly #closing = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #sessions = new Set<Session>()
  #idle: Session[] = []
  readonly reports: ProbeReports
  #named = 0
  #hasNames: boolean

  constructor(options: ProbeOptions) {
    this.#options = options
    const { log, clock, kind, intervalMs, address: endpoints, runId, timeoutMs = TIMEOUT_MS } = options
    this.#timeoutMs = timeoutMs
    this.reports = new ProbeReports({ log, clock, kind, intervalMs })
    this.#hasNames = kind === 'write' && runId !== undefined
    this.#connect = createConnector({ ...options, endpoints, timeoutMs, target: TARGETS[kind] })
    // Every attempt to connect listens to it; Node warns above ten listeners.
    setMaxListeners(0, this.#closing.signal)
  }

  ask(): void {
    const sentMs = this.#options.clock.nowMs()
    if (this.#running.size < MAX_UNDER_WAY) this.#start(this.#answer(sentMs))
    else this.reports.note(sentMs, 'failed', CODES.noSession)
  }

  /** Keeps the probe's table short, on a session of its own as any probe; if it fails, the next one does it. */
  trim(): void {
    const session = this.#takeIdle()
    if (session) this.#start(this.#run(session, this.#hasNames ? TRIM_NAMED : TRIM, [], this.#timeoutMs))
  }

  async close(): Promise<void> {
    this.#closing.abort()
    for (const session of this.#sessions) session.close()
    await Promise.all(this.#running)
  }

  #start(work: Promise<unknown>): void {
    const running = work.then(() => {
      this.#running.delete(running)
    })
    this.#running.add(running)
  }

  async #answer(sentMs: number): Promise<void> {
    const { clock, kind, nameOf } = this.#options
    const asleepBeforeMs = clock.asleepMs?.() ?? 0
    let session = this.#takeIdle()
    if (session === null) {
      const opened = await this.#connect(this.#closing.signal)
      if (!opened.ok) return this.reports.note(sentMs, 'failed', opened.code)
      session = opened.session
      this.#sessions.add(session)
    }
    const asleepMs = (clock.asleepMs?.() ?? 0) - asleepBeforeMs
    const leftMs = Math.max(this.#timeoutMs - (clock.nowMs() - sentMs - asleepMs), 0)
    const n = this.#hasNames ? ++this.#named : undefined
    const [statement, values] = n === undefined ? [STATEMENTS[kind], []] : [NAMED, [`${this.#options.runId}:${n}`]]
    const { outcome, code, isUnguarded } = await this.#run(session, statement, values, leftMs)
    // The server answers: it is the probes after this one that have to do without names.
    if (code === UNDEFINED_COLUMN) this.#hasNames = false
    this.reports.note(sentMs, outcome, code, {
      server: nameOf(session.server),
      isUnguarded,
      ...(n !== undefined && { n }),
    })
  }

  async #run(session: Session, statement: Statement, values: readonly string[], timeoutMs: number) {
    const answer = await session.run(statement, values, timeoutMs)
    if (session.isUsable && this.#idle.length < MAX_IDLE && !this.#closing.signal.aborted) {
      this.#idle.push(session)
    } else {
      this.#sessions.delete(session)
      session.close()
    }
    return answer
  }

  #takeIdle(): Session | null {
    let session = this.#idle.pop()
    while (session && !session.isUsable) {
      this.#sessions.delete(session)
      session = this.#idle.pop()
    }
    return session ?? null
  }
}
