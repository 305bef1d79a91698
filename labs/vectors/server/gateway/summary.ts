import type { PartOutcome, Problem, Result } from './outcome.ts'
import type { PartResult } from './write-part.ts'

/** Least of what the shards have said. */
export interface Acknowledged {
  readonly ids: readonly string[]
  readonly acknowledgedBy: number
  readonly isCommitted: boolean
}

/** How one shard's part of a write has ended. */
export interface Ended {
  readonly shard: string
  readonly ids: readonly string[]
  readonly result: PartResult
}

/** What became of a write as a whole, by what its shards say. */
export function summary(mode: 'insert' | 'put' | 'delete', ended: readonly Ended[]): Result<Acknowledged> {
  const done = ended.flatMap(({ ids, result }) => (result.type === 'written' ? [{ ids, result }] : []))
  const others = ended.filter(
    ({ result }) => result.type !== 'written' && !(mode === 'delete' && result.type === 'missing'),
  )
  if (others.length === 0) {
    if (done.length === 0) return { type: 'not-found', ids: ended.flatMap(({ ids }) => ids) }
    return {
      type: 'ok',
      ids: done.flatMap(({ ids }) => ids),
      acknowledgedBy: Math.min(...done.map(({ result }) => result.acknowledgedBy)),
      isCommitted: done.every(({ result }) => result.isCommitted),
    }
  }
  if (done.length > 0) return { type: 'partly-done', parts: ended.map(partOf) }
  return problemOf(others.find(({ result }) => result.type === 'unknown') ?? (others[0] as Ended))
}

function problemOf({ shard, result, ids }: Ended): Problem {
  switch (result.type) {
    case 'exists':
      return { type: 'exists', ids: result.ids }
    case 'no-quorum':
      return { type: 'no-quorum', shard, reachable: result.reachable, needed: result.needed }
    case 'unknown':
      return { type: 'unknown-outcome', shards: [shard], why: result.why }
    case 'missing':
      return { type: 'not-found', ids }
    case 'moved':
    case 'written':
      return { type: 'unavailable', shards: [shard], why: 'its slots are moving' }
    case 'not-done':
      return { type: 'unavailable', shards: [shard], why: result.why }
  }
}

function partOf({ shard, ids, result }: Ended): PartOutcome {
  const outcome = result.type === 'written' ? 'done' : result.type === 'unknown' ? 'unknown' : 'not-done'
  return { shard, ids, outcome }
}
