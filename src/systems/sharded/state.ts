import type { LabEvent } from '../../model/events.ts'
import { neverSeen, see } from '../../model/seen.ts'
import type { State as CoreState } from '../../model/state.ts'
import { type TimeUnion, withInterval } from '../../model/time-union.ts'
import type { ShardRead } from './events.ts'
import { IN_DOUBT_AFTER_MS, type ShardedState, shardedOf } from './known.ts'

/** Takes in one event, given what anybody makes of it. */
export function reduceSharded(before: CoreState, event: LabEvent, core: CoreState): CoreState {
  const was = shardedOf(before)
  const is = apply(was, event)
  return is === was ? core : { ...core, system: is }
}

function apply(known: ShardedState, event: LabEvent): ShardedState {
  switch (event.type) {
    case 'sharded.executor':
      return { ...known, executor: see(known.executor, event.reading, event.atMs) }
    case 'sharded.decisions':
      return { ...known, decisions: see(known.decisions, event.reading, event.atMs) }
    case 'sharded.shard':
      return {
        ...known,
        ...timesAfter(known, event),
        shards: { ...known.shards, [event.node]: seeShard(known, event) },
      }
    default:
      return known
  }
}

function seeShard({ shards }: ShardedState, { node, reading, atMs }: ShardRead & Pick<LabEvent, 'atMs'>) {
  return see(shards[node] ?? neverSeen, reading, atMs)
}

/** What is seen to have lasted is taken from when it began, which may be before it was looked at. */
function timesAfter(
  { inDoubt, blocked }: ShardedState,
  { reading, atMs }: ShardRead & Pick<LabEvent, 'atMs'>,
): Pick<ShardedState, 'inDoubt' | 'blocked'> {
  if (!reading.ok) return { inDoubt, blocked }
  const { prepared, waiting, waitingMs } = reading.value
  const oldestMs = Math.max(0, ...prepared.map(({ ageMs }) => ageMs))
  return {
    inDoubt: oldestMs > IN_DOUBT_AFTER_MS ? withLast(inDoubt, atMs, oldestMs) : inDoubt,
    blocked: waiting > 0 ? withLast(blocked, atMs, waitingMs) : blocked,
  }
}

function withLast(union: TimeUnion, toMs: number, lengthMs: number): TimeUnion {
  return withInterval(union, { fromMs: Math.max(0, toMs - lengthMs), toMs })
}
