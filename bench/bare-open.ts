import { createAlarm } from '../dist/log/alarm.js'
import type { OperationKind } from '../dist/model/events.js'
import { changeRate, dueAtMs, dueBy, idleSegment } from '../dist/traffic/schedule.js'
import { type BareSocket, openBareSocket } from './bare-socket.ts'
import type { Bench } from './bench.ts'

/** One operation's times, in milliseconds: from the due time to the sending, and to the answer. */
export interface Sent {
  readonly lagsMs: number[]
  readonly latenciesMs: number[]
}

export function newSent(): Sent {
  return { lagsMs: [], latenciesMs: [] }
}

/**
 * An open loop of nothing but the lab's alarm and bare sockets, all of which are open before: writes and reads are due when
 * the lab's are, and what finds no free socket is sent at the next answer.
 */
export async function bareOpen(
  ratePerSecond: number,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  connections: number,
  { clock, address, credentials, signal }: Bench,
): Promise<Record<OperationKind, Sent>> {
  const open = async (kind: OperationKind) => {
    const sent = newSent()
    const dueMs = new Map<BareSocket, number>()
    const waiting: number[] = []
    const free: BareSocket[] = []
    const send = (socket: BareSocket, due: number) => {
      dueMs.set(socket, due)
      if (due >= fromMs) sent.lagsMs.push(clock.nowMs() - due)
      socket.send()
    }
    const answered = (socket: BareSocket) => {
      const due = dueMs.get(socket) ?? 0
      if (due >= fromMs) sent.latenciesMs.push(clock.nowMs() - due)
      const next = waiting.shift()
      if (next === undefined) free.push(socket)
      else send(socket, next)
    }
    const opening = Array.from({ length: connections }, () =>
      openBareSocket(kind, address[kind], credentials, answered, () => {}),
    )
    const sockets = await Promise.all(opening)
    free.push(...sockets)
    const perform = (due: number) => {
      const socket = free.shift()
      if (socket === undefined) waiting.push(due)
      else send(socket, due)
    }
    return { sent, perform, close: () => sockets.forEach((socket) => void socket.close()) }
  }
  const [write, read] = await Promise.all([open('write'), open('read')])
  const alarm = createAlarm(clock)
  const segment = changeRate(idleSegment, ratePerSecond, clock.nowMs())
  for (let n = 0; dueAtMs(segment, n) < toMs && !signal.aborted; ) {
    for (const due = dueBy(segment, clock.nowMs()); n < due; n++) {
      write.perform(dueAtMs(segment, n))
      read.perform(dueAtMs(segment, n))
    }
    await alarm.sleep(Math.max(dueAtMs(segment, n) - clock.nowMs(), 0), signal).catch(() => {})
  }
  alarm.end()
  await clock.sleep(ANSWERS_MS, signal).catch(() => {})
  for (const each of [write, read]) each.close()
  return { write: write.sent, read: read.sent }
}

/** For the last answers. */
const ANSWERS_MS = 1_000
