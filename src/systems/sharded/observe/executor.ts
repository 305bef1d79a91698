import { z } from 'zod'
import type { LogAndClock } from '../../../log/event-log.ts'
import { parseAs, pollHttp } from '../../../observe/poll-server.ts'
import type { ExecutorStatus } from '../events.ts'

const EVERY_MS = 250
/** Of what is under way, and of what has ended. */
const KEPT = 4

export interface ExecutorSource extends LogAndClock {
  readonly url: string
}

/** Asks the executor four times a second how far it is. Resolves when `signal` aborts; never rejects. */
export async function observeExecutor({ log, clock, url }: ExecutorSource, signal: AbortSignal): Promise<void> {
  await pollHttp(signal, {
    clock,
    everyMs: EVERY_MS,
    url,
    path: 'status',
    parse: parseExecutor,
    report: (reading) => log.append({ type: 'sharded.executor', reading }),
  })
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
function parseExecutor(body: string): ExecutorStatus {
  const { underWay, latest, ...rest } = parseAs(answer, body)
  return { ...rest, underWay: underWay.slice(0, KEPT), underWayCount: underWay.length, latest: latest.slice(-KEPT) }
}
