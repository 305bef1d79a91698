import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTcpServer, type Socket } from 'node:net'
import type { Clock } from '../../src/log/clock.ts'
import { systemClock } from '../../src/log/clock.ts'
import type { EventLog } from '../../src/log/event-log.ts'
import type { EventBody, LabEvent } from '../../src/model/events.ts'
import { DEADLINE_MS } from '../../src/observe/poll.ts'
import { freePort, untilRefused } from '../free-port.ts'

/** Time that passes only when told to. */
export function fakeClock(): Clock & { advance(ms: number): Promise<void> } {
  let now = 0
  const sleepers = new Set<{ dueMs: number; wake: () => void }>()
  const settle = async () => {
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    nowMs: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const sleeper = { dueMs: now + ms, wake: resolve }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          reject(signal.reason)
        })
      }),
    async advance(ms) {
      const untilMs = now + ms
      await settle()
      for (;;) {
        const next = [...sleepers].sort((a, b) => a.dueMs - b.dueMs)[0]
        if (next === undefined || next.dueMs > untilMs) break
        sleepers.delete(next)
        now = next.dueMs
        next.wake()
        await settle()
      }
      now = untilMs
    },
  }
}

/** The real clock, ten times as fast, for what talks to real sockets that may hang: a busy machine times out, too. */
export function quickClock(): Clock {
  const clock = systemClock()
  return { nowMs: () => clock.nowMs() * 10, sleep: (ms, signal) => clock.sleep(ms / 10, signal) }
}

/** As quick, but no deadline ever passes: for what is answered, however late a busy machine gets to it. */
export function patientClock(): Clock {
  const { nowMs, sleep } = quickClock()
  return { nowMs, sleep: (ms, signal) => sleep(ms >= DEADLINE_MS ? NEVER_MS : ms, signal) }
}

const NEVER_MS = 10_000_000

export interface Recorder extends Pick<EventLog, 'append'> {
  readonly events: EventBody[]
  /** The first event from now on that fits; earlier ones do not count. */
  next(fits: (event: EventBody) => boolean): Promise<EventBody>
}

export function recorder(): Recorder {
  const events: EventBody[] = []
  const waiting = new Set<(event: EventBody) => void>()
  return {
    events,
    append(body) {
      events.push(body)
      for (const wait of [...waiting]) wait(body)
      return { seq: events.length, atMs: 0, ...body } as LabEvent
    },
    next: (fits) =>
      new Promise((resolve) => {
        const wait = (event: EventBody) => {
          if (!fits(event)) return
          waiting.delete(wait)
          resolve(event)
        }
        waiting.add(wait)
      }),
  }
}

export interface Listening {
  readonly port: number
  readonly url: string
  /** Stops listening and cuts every connection; resolves once who asks is refused. */
  close(): Promise<void>
}

/** An HTTP server on 127.0.0.1; default: a port that is free. */
export async function httpServer(answer: RequestListener, port?: number): Promise<Listening> {
  return listen(createServer(answer), port)
}

/** A server that accepts, reads, and never says a word: a paused container. */
export async function silentServer(): Promise<Listening> {
  return tcpServer((socket) => socket.resume())
}

export async function tcpServer(onSocket: (socket: Socket) => void, port?: number): Promise<Listening> {
  return listen(createTcpServer(onSocket), port)
}

async function listen(server: Server | ReturnType<typeof createTcpServer>, wanted?: number): Promise<Listening> {
  const port = wanted ?? (await freePort())
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
      await untilRefused(port)
    },
  }
}
