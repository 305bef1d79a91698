import { z } from 'zod'
import type { Clock } from '../../../log/clock.ts'
import type { EventLog } from '../../../log/event-log.ts'
import { httpSource } from '../../../observe/http-source.ts'
import { poll, SourceError } from '../../../observe/poll.ts'
import type { ExecutorStatus } from '../events.ts'

const EVERY_MS = 250
/** Of what is under way, and of what has ended. */
const KEPT = 4

export interface ExecutorSource {
  readonly log: Pick<EventLog, 'append'>
  readonly clock: Clock
  readonly url: string
}

/** Asks the executor four times a second how far it is. Resolves when `signal` aborts; never rejects. */
export async function observeExecutor({ log, clock, url }: ExecutorSource, signal: AbortSignal): Promise<void> {
  const http = httpSource(url)
  await poll(signal, {
    clock,
    everyMs: EVERY_MS,
    ask: async (call) => {
      const { status, body } = await http.get(call, 'status')
      if (status !== 200) throw new SourceError(`HTTP ${status}`)
      return parseExecutor(body)
    },
    report: (reading) => log.append({ type: 'sharded.executor', reading }),
  })
  http.close()
}

const answer = z.object({
  protocol: z.string(),
  since: z.iso.datetime(),
  underWay: z.array(
    z
      .object({
        name: z.string(),
        protocol: z.string(),
        databases: z.array(z.string()),
        since: z.iso.datetime(),
        step: z.string(),
        through: z.array(z.string()),
        gate: z.string().nullable(),
      })
      .transform(({ databases, through, ...rest }) => {
        return { ...rest, databases: databases.length, through: through.length }
      }),
  ),
  ended: z.record(z.string(), z.number()),
  latest: z.array(z.object({ name: z.string(), type: z.string(), tookMs: z.number() })),
  gates: z.array(z.object({ gate: z.string(), of: z.number() })),
})

/** @throws {SourceError} it is no status of an executor. */
export function parseExecutor(body: string): ExecutorStatus {
  let content: unknown
  try {
    content = JSON.parse(body)
  } catch {
    throw new SourceError('not JSON')
  }
  const parsed = answer.safeParse(content)
  if (!parsed.success) throw new SourceError('unexpected answer')
  const { underWay, latest, ...rest } = parsed.data
  return { ...rest, underWay: underWay.slice(0, KEPT), underWayCount: underWay.length, latest: latest.slice(-KEPT) }
}
