import { z } from 'zod'
import { FaultError } from '../../faults/fault.ts'
import type { World } from '../../faults/world.ts'
import { formatDuration, parseDuration } from '../../model/units.ts'
import type { Aim, Met } from '../scripted.ts'
import { controlOf, type EtcdControl } from './control/control.ts'

type Phase = { readonly type: 'renewed'; readonly afterMs: number } | { readonly type: 'before-renewal' }

const FORM = 'lease: renewed | renewed + 50ms | before-renewal'
const RENEWED = /^renewed(?:\s*\+\s*(\S.*))?$/

const phase = z
  .string({ error: `expected ${FORM}` })
  .refine((text) => readPhase(text) !== null, `expected ${FORM}`)
  .transform((text) => readPhase(text))

/** A fault at a phase of the lease under the leader key, which the leader renews at every turn of its loop. */
export const leaseAim: Aim = {
  key: 'lease',
  form: FORM,
  shape: { lease: phase },
  describe(value) {
    const { lease } = value as Value
    if (lease.type === 'before-renewal') return "the leader's lease is about to be renewed"
    const after = lease.afterMs === 0 ? '' : `${formatDuration(lease.afterMs)} ago`
    return `the leader's lease was renewed ${after || 'just now'}`
  },
  meet: (value, world, signal) => meet((value as Value).lease, world, signal),
}

interface Value {
  readonly lease: Phase
}

function readPhase(text: string): Phase | null {
  if (text.trim() === 'before-renewal') return { type: 'before-renewal' }
  const [whole, after] = RENEWED.exec(text.trim()) ?? []
  if (whole === undefined) return null
  const afterMs = after === undefined ? 0 : parseDuration(after)
  return afterMs === null ? null : { type: 'renewed', afterMs }
}

/** How often the lease is looked at: as often as a renewal can be told to the hundredth of a second. */
const LOOK_EVERY_MS = 15
/** A renewal between two looks that are further apart is not known well enough. */
const MOST_DOUBT_MS = 60
/** How long before the next renewal: a kill has to be over by then, and the leader's loop is not that regular. */
const LEAD_MS = 250
/** Nobody renews it twice within so long: the same renewal, seen in another way. */
const SAME_MS = 500

async function meet(wanted: Phase, { control, clock }: World, signal: AbortSignal): Promise<Met> {
  const { etcd } = controlOf({ control })
  const key = await etcd.get('leader', signal)
  if (key?.leaseId === undefined) throw new FaultError('nobody holds the leader key, so there is no lease to aim at')
  const { leaseId } = key
  const seen: Renewal[] = []
  for await (const renewal of renewals(etcd, leaseId, clock, signal)) {
    seen.push(renewal)
    const dueMs = dueAfter(wanted, seen)
    if (dueMs === null || dueMs < clock.nowMs() - LOOK_EVERY_MS) continue
    await clock.sleep(Math.max(0, dueMs - clock.nowMs()), signal)
    return { atMs: clock.nowMs(), doubtMs: renewal.doubtMs, over: () => renewedSince(renewal, etcd, leaseId, clock) }
  }
  throw new FaultError('the leader key has changed hands, or its lease ran out')
}

/** When the fault is due, given every renewal up to now; null: not before another one. */
function dueAfter(wanted: Phase, seen: readonly Renewal[]): number | null {
  const [third, second, last] = seen.slice(-3)
  const latest = seen.at(-1)
  if (latest === undefined || latest.doubtMs > MOST_DOUBT_MS) return null
  if (wanted.type === 'renewed') return latest.atMs + wanted.afterMs
  if (third === undefined || second === undefined || last === undefined) return null
  // The shorter of the two: between the others one may not have been seen.
  return last.atMs + Math.min(last.atMs - second.atMs, second.atMs - third.atMs) - LEAD_MS
}

interface Renewal {
  readonly atMs: number
  readonly doubtMs: number
}

/**
 * Renewals of a lease change no key. They are seen by what is left of it, which etcd tells in whole seconds, and which
 * only a renewal makes more; and by the write of `status` that follows each while WAL moves. Ends when the lease is gone.
 */
async function* renewals(
  etcd: EtcdControl,
  leaseId: string,
  clock: World['clock'],
  signal: AbortSignal,
): AsyncGenerator<Renewal> {
  let before: { readonly askedMs: number; readonly left: number; readonly status: number | null } | null = null
  let lastMs = Number.NEGATIVE_INFINITY
  for (;;) {
    const askedMs = clock.nowMs()
    const [lease, status] = await Promise.all([etcd.readLease(leaseId, signal), etcd.get('status', signal)])
    const nowMs = clock.nowMs()
    if (lease === null) return
    const look = { askedMs, left: lease.remainingSeconds, status: status?.modRevision ?? null }
    const isRenewed = before !== null && (look.left > before.left || look.status !== before.status)
    if (before !== null && isRenewed && nowMs - lastMs > SAME_MS) {
      lastMs = nowMs
      yield { atMs: (before.askedMs + nowMs) / 2, doubtMs: (nowMs - before.askedMs) / 2 }
    }
    before = look
    await clock.sleep(LOOK_EVERY_MS, signal)
  }
}

/** By when the lease runs out now: later than that renewal allows, it was renewed again before the fault came. */
async function renewedSince(
  renewal: Renewal,
  etcd: EtcdControl,
  leaseId: string,
  clock: World['clock'],
): Promise<string | null> {
  const lease = await etcd.readLease(leaseId, AbortSignal.timeout(ANSWER_MS)).catch(() => null)
  if (lease === null) return null
  const endsMs = clock.nowMs() + lease.remainingSeconds * 1_000
  const isLater = endsMs > renewal.atMs + renewal.doubtMs + lease.grantedTtlSeconds * 1_000 + ANSWER_MS
  return isLater ? 'the lease was renewed once more before the fault was in force' : null
}

/** An answer of etcd takes no longer, unless nothing can be said. */
const ANSWER_MS = 500
