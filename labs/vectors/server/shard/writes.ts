import type { Change, Delete, Point, Put } from '../change.ts'
import type { Copy } from './copy.ts'
import { keyOf, type Leadership } from './leadership.ts'
import type { Controlled, ImportRows, Refusal, Unknown, Write, WriteItem, Written } from './messages.ts'
import { isOwned, judge, type ShardState } from './shard-state.ts'

/** As many voters as a quorum that somebody asks for comes to. */
export function quorumOf(asked: number | 'majority' | null, leadership: Leadership): number {
  if (asked === null) return leadership.quorum
  return asked === 'majority' ? Math.floor(leadership.voters / 2) + 1 : asked
}

/** One write of a client: all of its items in one entry, or nothing. */
export async function write(copy: Copy, leadership: Leadership, message: Write): Promise<Written | Refusal | Unknown> {
  const { mode, namespace, withinMs } = message
  if (leadership.now >= message.expiresAt) return { type: 'refused', why: 'it came after its time' }
  const left = leadership.timer(withinMs)
  const quorum = quorumOf(message.quorum, leadership)
  const refusal = leadership.refusal(Math.max(quorum, 1)) ?? refusalOf(leadership.state, message)
  if (refusal) return refusal
  if (mode === 'put') {
    return acknowledge(copy, leadership, quorum, withinMs, putsOf(namespace, message.items))
  }
  const ids = message.items.map(({ id }) => id)
  const keys = ids.map((id) => keyOf({ namespace, id }))
  for (;;) {
    // What is on its way to these ids has to end first: only then is it known what is there.
    const isFree = () => leadership.isSettled && leadership.pendingOf(keys) === null
    if (!(await leadership.until(isFree, left())))
      return { type: 'refused', why: 'an earlier change of it is not committed yet' }
    const rows = await copy.store.get(namespace, ids)
    if (leadership.isEnded) return { type: 'not-leader', epoch: copy.head.epoch }
    if (!isFree()) continue
    const late = refusalOf(leadership.state, message)
    if (late) return late
    const there = new Set(rows.map(({ id }) => id))
    if (mode === 'insert') {
      if (there.size > 0) return confirmed(leadership, copy, left(), { type: 'exists', ids: [...there] })
      return acknowledge(copy, leadership, quorum, left(), putsOf(namespace, message.items))
    }
    if (there.size === 0) return confirmed(leadership, copy, left(), { type: 'missing' })
    const gone = message.items.filter(({ id }) => there.has(id))
    const changes = gone.map(({ id, slot }): Delete => ({ type: 'delete', namespace, id, slot }))
    return acknowledge(copy, leadership, quorum, left(), changes)
  }
}

/** What is there is a read: another may lead by now. */
async function confirmed(
  leadership: Leadership,
  copy: Copy,
  withinMs: number,
  found: Written,
): Promise<Written | Refusal> {
  const isLeader = await leadership.confirm(leadership.quorum, withinMs)
  return isLeader ? found : { type: 'not-leader', epoch: copy.head.epoch }
}

const putsOf = (namespace: string, items: readonly WriteItem[]): readonly Put[] =>
  items.map((item) => ({ type: 'put', namespace, ...item }))

function refusalOf(state: ShardState, { namespace, items, mode }: Write): Refusal | null {
  const shape = state.namespaces[namespace]
  if (!shape || shape.isDropped) return { type: 'unknown-namespace', namespace }
  const foreign = items.filter(({ slot }) => !isOwned(state, slot)).map(({ slot }) => slot)
  if (foreign.length > 0) return { type: 'wrong-shard', slots: [...new Set(foreign)] }
  const isMisfit = mode !== 'delete' && items.some(({ values }) => values.length !== shape.dimension)
  return isMisfit ? { type: 'refused', why: `vectors of ${namespace} have ${shape.dimension} dimensions` } : null
}

/** Waits until so many hold an entry, and, where they are enough for the shard, until it is applied. */
async function acknowledge(
  copy: Copy,
  leadership: Leadership,
  quorum: number,
  withinMs: number,
  changes: readonly Change[],
): Promise<Written | Refusal | Unknown> {
  const left = leadership.timer(withinMs)
  const point = leadership.enqueue(changes)
  const isEnough = () => leadership.holders(point.position) >= quorum
  if (quorum < leadership.quorum) {
    if (!(await leadership.until(isEnough, withinMs))) return { type: 'unknown', why: 'no quorum has answered in time' }
    return writtenAs(point, leadership, copy)
  }
  const outcome = await copy.outcome(point, withinMs)
  if (outcome.type === 'discarded') return { type: 'not-leader', epoch: copy.head.epoch }
  if (outcome.type === 'unknown') return { type: 'unknown', why: 'no quorum has answered in time' }
  // The leader may have begun a new epoch meanwhile: then at least the shard's own quorum holds it.
  if (quorum > leadership.quorum && !(await leadership.until(isEnough, left()))) {
    return { type: 'unknown', why: 'no quorum has answered in time' }
  }
  return writtenAs(point, leadership, copy)
}

function writtenAs({ position, epoch }: Point, leadership: Leadership, copy: Copy): Written {
  const isCommitted = copy.head.applied >= position
  const least = isCommitted ? leadership.quorum : 1
  return {
    type: 'written',
    position,
    epoch,
    isCommitted,
    acknowledgedBy: Math.max(leadership.holders(position), least),
  }
}

/** A control entry of a controller or a move; what is so already is done. */
export async function control(
  copy: Copy,
  leadership: Leadership,
  { change, withinMs }: { readonly change: Change; readonly withinMs: number },
): Promise<Controlled | Refusal | Unknown> {
  if (change.type === 'put' || change.type === 'delete') return { type: 'refused', why: 'this is no control entry' }
  const judgement = judge(leadership.state, change)
  if (judgement === 'refused') return { type: 'refused', why: `${change.type} does not fit what the shard has` }
  if (judgement === 'new') return controlled(copy, leadership, [change], withinMs)
  // It may be in the log and not yet committed.
  const end = copy.head.last.position
  if (!(await leadership.until(() => copy.head.applied >= end, withinMs)))
    return { type: 'unknown', why: 'not committed yet' }
  const slot = 'slots' in change ? change.slots[0] : undefined
  return { type: 'done', position: slot === undefined ? end : (copy.head.state.slots[slot]?.position ?? end) }
}

/** Rows and changes that a move brings, with how far it has come, in one entry. */
export async function importRows(
  copy: Copy,
  leadership: Leadership,
  { progress, namespaces, changes, withinMs }: ImportRows,
): Promise<Controlled | Refusal | Unknown> {
  const { state } = leadership
  if (judge(state, progress) !== 'new') return { type: 'refused', why: 'this attempt of the move is over' }
  const made = Object.entries(namespaces)
    .filter(([namespace]) => !state.namespaces[namespace])
    .map(([namespace, shape]): Change => ({ type: 'create', namespace, ...shape }))
  const isWanted = ({ namespace }: Put | Delete) => state.namespaces[namespace]?.isDropped !== true
  return controlled(copy, leadership, [...made, progress, ...changes.filter(isWanted)], withinMs)
}

async function controlled(
  copy: Copy,
  leadership: Leadership,
  changes: readonly Change[],
  withinMs: number,
): Promise<Controlled | Unknown> {
  const point = leadership.enqueue(changes)
  const outcome = await copy.outcome(point, withinMs)
  if (outcome.type !== 'applied') return { type: 'unknown', why: 'not committed in time' }
  return { type: 'done', position: point.position }
}
