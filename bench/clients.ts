import pg from 'pg'
import { type Clock, systemClock } from '../dist/log/clock.js'
import type { Address, Credentials } from '../dist/model/address.js'
import type { OperationKind } from '../dist/model/events.js'
import { type Answer, openSession, type Session, type SessionOptions } from '../dist/traffic/session.js'
import { eventStatements } from '../dist/workloads/events/statements.js'
import { type BareSocket, openBareSocket } from './bare-socket.ts'

/** A closed loop: every client sends its next statement when it has the answer to the last. */
export interface LoopOptions {
  readonly kind: OperationKind
  readonly address: Address
  readonly credentials: Credentials
  readonly clients: number
  readonly seconds: number
}

export interface LoopResult {
  readonly operations: number
  readonly failed: number
  readonly perSecond: number
  /** The whole process's, user and system, while the statements ran: connecting is not in it. */
  readonly cpuMs: number
}

/** What a loop needs once its connections are open. */
export interface Loop {
  readonly count: { operations: number; failed: number }
  /** Resolves when every client has the answer to its last statement. */
  run(untilMs: number, signal: AbortSignal): Promise<void>
  close(): Promise<void> | void
}

export type OpenLoop = (options: LoopOptions, clock: Clock) => Promise<Loop>

const STATEMENT_TIMEOUT_MS = 5_000
/** One for all: what V8 compiled for one clock it compiles anew for another. */
const clock = systemClock()

export async function runLoop(open: OpenLoop, options: LoopOptions, signal: AbortSignal): Promise<LoopResult> {
  signal.throwIfAborted()
  const loop = await open(options, clock)
  try {
    const before = process.cpuUsage()
    const startMs = clock.nowMs()
    await loop.run(startMs + options.seconds * 1_000, signal)
    const { user, system } = process.cpuUsage(before)
    signal.throwIfAborted()
    const seconds = (clock.nowMs() - startMs) / 1_000
    return { ...loop.count, perSecond: loop.count.operations / seconds, cpuMs: (user + system) / 1_000 }
  } finally {
    await loop.close()
  }
}

/** How many statements the pipelines have under way on each connection. */
export const DEPTH = 4

/** The lab's own sessions. */
export const labSessions: OpenLoop = (options, clock) => openLab(options, clock, 1)

/** The same with several statements under way on each. */
export const labPipelined: OpenLoop = (options, clock) => openLab(options, clock, DEPTH)

async function openLab(
  { kind, address, credentials, clients }: LoopOptions,
  clock: Clock,
  pipeline: number,
): Promise<Loop> {
  const options = { address, credentials, clock, pipeline }
  const sessions = await Promise.all(Array.from({ length: clients }, () => openOne(options)))
  const workload = eventStatements('bench')
  const count = { operations: 0, failed: 0 }
  let seq = 0
  const runMany = (session: Session, untilMs: number, signal: AbortSignal, ended: () => void) => {
    const send = () => {
      const { statement, values } = workload[kind](++seq)
      session.send(statement, values, STATEMENT_TIMEOUT_MS, onAnswer)
    }
    const onAnswer = ({ outcome }: Answer) => {
      if (outcome === 'ok') count.operations++
      else count.failed++
      if (clock.nowMs() < untilMs && !signal.aborted && session.isUsable) send()
      else ended()
    }
    send()
  }
  return {
    count,
    run: async (untilMs, signal) => {
      const each = sessions.flatMap((session) => Array.from({ length: pipeline }, () => session))
      await Promise.all(each.map((one) => new Promise<void>((ended) => runMany(one, untilMs, signal, ended))))
    },
    close: () => sessions.forEach((session) => void session.close()),
  }
}

async function openOne(options: Omit<SessionOptions, 'timeoutMs'>): Promise<Session> {
  const opened = await openSession({ ...options, timeoutMs: 10_000 })
  if (!opened.ok) throw new Error(`${opened.code}: ${opened.message}`)
  return opened.session
}

/** Bytes that were made before, sent again at each answer, of which only the end is looked for: what Node takes by itself. */
export const bareNode: OpenLoop = (options, clock) => openBare(options, clock, 1)

/** The same with several statements under way on each. */
export const barePipelined: OpenLoop = (options, clock) => openBare(options, clock, DEPTH)

async function openBare(
  { kind, address, credentials, clients }: LoopOptions,
  clock: Clock,
  depth: number,
): Promise<Loop> {
  const count = { operations: 0, failed: 0 }
  let untilMs = 0
  let left = clients * depth
  let isOver = () => {}
  const over = new Promise<void>((resolve) => (isOver = resolve))
  const end = (answers: number) => {
    left -= answers
    if (left === 0) isOver()
  }
  const lost = () => {
    if (clock.nowMs() < untilMs) count.failed++
    isOver()
  }
  const answered = (socket: BareSocket, answers: number) => {
    count.operations += answers
    if (clock.nowMs() < untilMs) socket.send(answers)
    else end(answers)
  }
  const sockets = await Promise.all(
    Array.from({ length: clients }, () => openBareSocket(kind, address, credentials, answered, lost)),
  )
  return {
    count,
    run: async (until, signal) => {
      signal.addEventListener('abort', isOver, { once: true })
      untilMs = until
      for (const socket of sockets) socket.send(depth)
      await over
    },
    close: () => sockets.forEach((socket) => void socket.close()),
  }
}

/** A connection for every statement: connect, ask, hang up. */
export const connectEach: OpenLoop = async ({ kind, address, credentials, clients }, clock) => {
  const workload = eventStatements('bench')
  const count = { operations: 0, failed: 0 }
  let seq = 0
  const runOne = async (untilMs: number, signal: AbortSignal) => {
    while (clock.nowMs() < untilMs && !signal.aborted) {
      const { statement, values } = workload[kind](++seq)
      const client = new pg.Client({ ...address, ...credentials })
      client.on('error', () => {})
      try {
        await client.connect()
        await client.query(statement.text, values as string[])
        count.operations++
      } catch {
        count.failed++
      }
      await client.end().catch(() => {})
    }
  }
  return {
    count,
    run: async (untilMs, signal) => {
      await Promise.all(Array.from({ length: clients }, () => runOne(untilMs, signal)))
    },
    close: () => {},
  }
}
