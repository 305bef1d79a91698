import type { Entry } from '../change.ts'
import type { Copy } from './copy.ts'
import type { Append, Appended, Load, Refusal } from './messages.ts'

/**
 * Takes what the leader of an epoch sends. In turn only; the epoch has been looked at.
 * An answer 'appended' promises that the log up to `match` is the leader's, and durable.
 */
export async function follow(copy: Copy, { prev, entries, commit }: Append): Promise<Appended> {
  const { incarnation, base, last, applied, wholeAt } = copy.head
  if (wholeAt === null) return { type: 'diverged', incarnation }
  const isNext = entries.every(({ position }, at) => position === prev.position + 1 + at)
  const isWithin = isNext && prev.position >= base.position && prev.position <= last.position
  if (!isWithin) return { type: 'behind', incarnation, applied }
  if ((await copy.store.epochAt(prev.position)) !== prev.epoch) {
    return prev.position <= applied ? { type: 'diverged', incarnation } : { type: 'behind', incarnation, applied }
  }
  const news = await newOf(copy, entries)
  const first = news[0]
  if (first && first.position <= applied) return { type: 'diverged', incarnation }
  await copy.append(news)
  const match = prev.position + entries.length
  // Not awaited: what is durable is acknowledged, what is committed is applied in the background.
  void copy.applyUpTo(Math.min(commit, match))
  return { type: 'appended', incarnation, match }
}

/** From the first entry on that the log does not have. */
async function newOf({ head, store }: Copy, entries: readonly Entry[]): Promise<readonly Entry[]> {
  for (const [at, { position, epoch }] of entries.entries()) {
    if (position > head.last.position || (await store.epochAt(position)) !== epoch) return entries.slice(at)
  }
  return []
}

/** The full resync that a member is in: its steps come one after the other, each once. */
export interface Loading {
  readonly epoch: number
  readonly sync: number
  readonly step: number
}

/** One step of a full resync. In turn only; the epoch has been looked at. */
export async function load(copy: Copy, loading: Loading | null, message: Load): Promise<Loading | Refusal> {
  const { epoch, sync, step, part } = message
  const isSame = loading?.epoch === epoch && loading.sync === sync
  if (part.type === 'begin') {
    const isOld = loading?.epoch === epoch && loading.sync >= sync
    if (isOld) return { type: 'refused', why: 'this resync has begun already' }
    await copy.wipe(part.state)
    return { epoch, sync, step }
  }
  if (!isSame || step !== loading.step + 1) {
    return { type: 'refused', why: 'this is not the next step of the resync that is under way' }
  }
  if (part.type === 'rows') await copy.store.load(part.rows)
  else await copy.finish(part.base, part.wholeAt)
  return { epoch, sync, step }
}
