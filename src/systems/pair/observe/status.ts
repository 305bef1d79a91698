import { z } from 'zod'
import type { LogAndClock } from '../../../log/event-log.ts'
import { parseAs, pollHttp } from '../../../observe/poll-server.ts'
import type { PairStatus } from '../events.ts'

const EVERY_MS = 250
/** Of promotions and fences; every one of them is told of while it is among the latest. */
const KEPT = 3

interface StatusSource extends LogAndClock {
  /** Of the proxy: `http://host:5431/status`. */
  readonly url: string
  /** What the lab's definition says that it promotes by. */
  readonly rule?: PairStatus['rule'] | undefined
}

/** Asks the proxy four times a second what it does. Resolves when `signal` aborts; never rejects. */
export async function observeStatus({ log, clock, url, rule }: StatusSource, signal: AbortSignal): Promise<void> {
  await pollHttp(signal, {
    clock,
    everyMs: EVERY_MS,
    url,
    parse: (body) => ({ ...latest(parseStatus(body)), wantedRule: rule }),
    report: (reading) => log.append({ type: 'pair.status', reading }),
  })
}

/** A pair that is old has promoted many times. */
function latest(status: PairStatus): PairStatus {
  return { ...status, promotions: status.promotions.slice(-KEPT), fences: status.fences.slice(-KEPT) }
}

const time = z.iso.datetime()
const cause = z.discriminatedUnion('type', [
  z.object({ type: z.literal('refused'), code: z.string() }),
  z.object({ type: z.literal('broken'), code: z.string().nullable() }),
  z.object({ type: z.literal('insert-error'), sqlState: z.string() }),
  z.object({ type: z.literal('abandoned'), waitingFor: z.enum(['session', 'insert']) }),
  z.object({ type: z.literal('silent'), checks: z.number(), forMs: z.number() }),
])
const promotion = z.object({
  epoch: z.number(),
  node: z.string(),
  from: z.string(),
  at: time,
  why: cause,
  result: z
    .discriminatedUnion('type', [
      z
        .object({
          type: z.literal('promoted'),
          tookMs: z.number(),
          timeline: z.number(),
          fork: z.string().nullish(),
        })
        .transform(({ fork, ...rest }) => ({ ...rest, forkLsn: fork == null ? null : parseLsn(fork) })),
      z.object({ type: z.literal('failed'), error: z.string() }),
    ])
    .nullable(),
})
const fence = z.object({
  node: z.string(),
  epoch: z.number(),
  at: time,
  when: z.enum(['running', 'starting']),
  walBytesPastFork: z.number().nullable(),
  commitsPastFork: z.number().nullable(),
  insertsPastFork: z.record(z.string(), z.number()).nullable(),
  rejoined: z.object({ at: time, by: z.enum(['pg_rewind', 'pg_basebackup']) }).nullable(),
})
const holdCause = z.discriminatedUnion('type', [
  z.object({ type: z.literal('too-few-checks'), failed: z.number(), wanted: z.number(), forMs: z.number() }),
  z.object({ type: z.literal('standby-hears-it'), heardMsAgo: z.number() }),
  z.object({ type: z.literal('standby-unreachable'), error: z.string() }),
  z.object({ type: z.literal('never-streamed'), epoch: z.number() }),
])
const decision = z.union([
  z.object({ type: z.literal('promote') }),
  z.object({ type: z.literal('hold'), at: time, until: time, times: z.number(), why: holdCause }),
])
const check = z
  .object({
    at: time,
    leader: z.string(),
    leaderError: z.string().nullable(),
    standby: z.string(),
    hearing: z.object({ receiver: z.string().nullable(), heardMsAgo: z.number().nullable() }).nullable(),
    standbyError: z.string().nullable(),
  })
  .transform(({ hearing, ...rest }) => ({
    ...rest,
    receiver: hearing?.receiver ?? null,
    heardMsAgo: hearing?.heardMsAgo ?? null,
  }))
const settings = z.object({
  fall: z.number(),
  overMs: z.number(),
  hearsWithinMs: z.number(),
  checkEveryMs: z.number(),
  checkTimeoutMs: z.number(),
})
const answer = z.object({
  rule: z.enum(['naive', 'fenced']),
  // Proxies of before did not tell them.
  settings: settings.nullish().transform((told) => told ?? null),
  leadsTo: z.string(),
  epoch: z.number(),
  since: time,
  promotions: z.array(promotion),
  decisions: z.array(decision),
  fences: z.array(fence),
  checks: z.array(check),
  sessions: z.object({ open: z.number() }),
})

/** @throws {SourceError} it is no status of such a proxy. */
export function parseStatus(body: string): PairStatus {
  const { promotions, fences, decisions, checks, sessions, ...rest } = parseAs(answer, body)
  const hold = decisions.findLast((each) => each.type === 'hold')
  return {
    ...rest,
    promotions,
    fences,
    hold: hold === undefined ? null : { at: hold.at, until: hold.until, times: hold.times, why: hold.why },
    check: checks.at(-1) ?? null,
    sessions: sessions.open,
  }
}

/** `1/A0000028` in bytes. */
function parseLsn(text: string): number | null {
  const [high, low] = text.split('/').map((half) => Number.parseInt(half, 16))
  return high === undefined || low === undefined || Number.isNaN(high + low) ? null : high * 2 ** 32 + low
}
