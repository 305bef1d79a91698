import type { NamespaceShape } from '../change.ts'
import type { Clock } from '../clock.ts'
import type { Call, Failed, Refusal, Replies, Unknown, Write, Written } from '../shard/messages.ts'
import { type Deadline, RETRY_MS, type View } from './view.ts'

export interface Shards {
  readonly view: View
  readonly call: Call
  readonly clock: Clock
}

/** How the part of a write that one shard was asked for has ended. */
export type PartResult =
  | Written
  | { readonly type: 'no-quorum'; readonly reachable: number; readonly needed: number }
  /** Nothing was done; the slots may be another shard's by now. */
  | { readonly type: 'moved' }
  | { readonly type: 'not-done'; readonly why: string }
  | { readonly type: 'unknown'; readonly why: string }

/**
 * Asks the leader of a shard for a write until it has said something final. Only what was definitely not done is
 * asked for again.
 */
export async function writePart(
  { view, call, clock }: Shards,
  shard: string,
  shape: NamespaceShape,
  message: Omit<Write, 'withinMs' | 'expiresAt'>,
  time: Deadline,
): Promise<PartResult> {
  let why = 'no time was left'
  while (!time.isOver) {
    const primary = view.primary(shard)
    if (!primary) return { type: 'moved' }
    const withinMs = time.left()
    const timed = { ...message, withinMs, expiresAt: clock.now() + withinMs }
    const reply = await call(primary.url, view.key(shard), timed, withinMs + GRACE_MS)
    const next = await meaning(reply, { view, call, clock }, shard, shape, time)
    if (next.type !== 'again') return next
    why = next.why
  }
  return { type: 'not-done', why }
}

/** A shard answers within its time; its answer has to travel. */
const GRACE_MS = 250

type Next = PartResult | { readonly type: 'again'; readonly why: string }

async function meaning(
  reply: Replies['write'] | Failed,
  shards: Shards,
  shard: string,
  shape: NamespaceShape,
  time: Deadline,
): Promise<Next> {
  const again = async (why: string): Promise<Next> => {
    await shards.clock.sleep(Math.min(RETRY_MS, time.left()))
    await shards.view.refreshWithin(shards.clock, time.left())
    return { type: 'again', why }
  }
  switch (reply.type) {
    case 'written':
    case 'exists':
    case 'missing':
    case 'no-quorum':
    case 'unknown':
      return reply
    case 'failed':
      return reply.isSent ? { type: 'unknown', why: reply.why } : again(reply.why)
    case 'not-leader':
    case 'stale':
      return again(`shard ${shard} has no leader`)
    case 'wrong-shard':
      await again('its slots are moving')
      return { type: 'moved' }
    case 'unknown-namespace':
      return makeNamespace(reply, shards, shard, shape, time)
    case 'refused':
      return { type: 'not-done', why: reply.why }
  }
}

/** The map has it, and this shard was never told. */
async function makeNamespace(
  { namespace }: Extract<Refusal | Unknown, { type: 'unknown-namespace' }>,
  { view, call, clock }: Shards,
  shard: string,
  shape: NamespaceShape,
  time: Deadline,
): Promise<Next> {
  const withinMs = time.left()
  const change = { type: 'create', namespace, dimension: shape.dimension, metric: shape.metric } as const
  const message = { type: 'control', change, withinMs } as const
  const reply = await call(view.primary(shard)?.url ?? '', view.key(shard), message, withinMs + GRACE_MS)
  if (reply.type === 'refused') return { type: 'not-done', why: 'the namespace is gone' }
  if (reply.type !== 'done') await clock.sleep(Math.min(RETRY_MS, time.left()))
  return { type: 'again', why: 'the namespace is not there yet' }
}
