import type { Cursor, NamespaceShape, Row } from '../change.ts'
import type { Copy } from './copy.ts'
import type { Leadership } from './leadership.ts'
import type { ChangesSince, Exported, Found, Get, Got, Message, Refusal, Replies, Search, Unknown } from './messages.ts'
import { toRanges } from './ranges.ts'
import { isOwned, ownedRanges, type ShardState, slotsThat } from './shard-state.ts'
import { quorumOf } from './writes.ts'

type Reader = { readonly isStale: boolean } | Refusal | Unknown

/**
 * May this copy answer a read? The leader may once it is settled; with a quorum it first hears from so many members
 * that no other has taken over. Another whole copy may where an older state will do.
 */
async function reader(
  copy: Copy,
  leadership: Leadership | null,
  ask: Pick<Get, 'quorum' | 'isStaleAllowed' | 'withinMs'>,
): Promise<Reader> {
  if (leadership?.isSettled) {
    const voters = ask.quorum === null ? 1 : quorumOf(ask.quorum, leadership)
    const refusal = leadership.refusal(voters)
    if (refusal) return refusal
    if (await leadership.confirm(voters, ask.withinMs)) return { isStale: false }
    return { type: 'unknown', why: 'no quorum has answered in time' }
  }
  if (ask.isStaleAllowed && copy.isWhole) return { isStale: true }
  return { type: 'not-leader', epoch: copy.head.epoch }
}

export async function answerGet(
  copy: Copy,
  leadership: Leadership | null,
  message: Get,
): Promise<Got | Refusal | Unknown> {
  const may = await reader(copy, leadership, message)
  if ('type' in may) return may
  const refusal = refusalOf(copy.head.state, message)
  if (refusal) return refusal
  const rows = await copy.store.get(
    message.namespace,
    message.items.map(({ id }) => id),
  )
  // A slot that was released meanwhile may have been emptied, too.
  const late = refusalOf(copy.head.state, message)
  return late ?? { type: 'got', rows, position: copy.head.applied, isStale: may.isStale }
}

function refusalOf(state: ShardState, { namespace, items }: Pick<Get, 'namespace' | 'items'>): Refusal | null {
  const foreign = items.filter(({ slot }) => !isOwned(state, slot)).map(({ slot }) => slot)
  if (foreign.length > 0) return { type: 'wrong-shard', slots: [...new Set(foreign)] }
  return isKnown(state, namespace) ? null : { type: 'unknown-namespace', namespace }
}

const isKnown = (state: ShardState, namespace: string): boolean => state.namespaces[namespace]?.isDropped === false

export async function answerSearch(
  copy: Copy,
  leadership: Leadership | null,
  message: Search,
): Promise<Found | Refusal | Unknown> {
  const may = await reader(copy, leadership, message)
  if ('type' in may) return may
  const { state } = copy.head
  const hidden = slotsThat(state, 'hidden')
  const isThere = isKnown(state, message.query.namespace)
  const hits = isThere ? await copy.store.search({ ...message.query, hidden }) : []
  // Nothing is said of a slot that came or went meanwhile.
  const after = copy.head.state
  const isSearched = (slot: number) => isOwned(state, slot) && after.slots[slot] === state.slots[slot]
  return {
    type: 'found',
    hits: hits.filter(({ slot }) => isSearched(slot)),
    slots: after === state ? ownedRanges(state) : toRanges(slotsThat(state, 'owned').filter(isSearched)),
    position: copy.head.applied,
    isStale: may.isStale,
  }
}

export async function answerCount(
  copy: Copy,
  leadership: Leadership | null,
  { namespace, isStaleAllowed }: Extract<Message, { type: 'count' }>,
): Promise<Replies['count']> {
  const isLeader = leadership?.isSettled === true
  if (!isLeader && !(isStaleAllowed && copy.isWhole)) return { type: 'not-leader', epoch: copy.head.epoch }
  const { state } = copy.head
  const isThere = isKnown(state, namespace)
  const count = isThere ? await copy.store.count(namespace, slotsThat(state, 'hidden')) : 0
  return { type: 'count', count, slots: ownedRanges(state), isStale: !isLeader }
}

/** A page of the rows of some slots, for a move. */
export async function answerExport(
  copy: Copy,
  { slots, after, most }: Extract<Message, { type: 'export' }>,
): Promise<Exported> {
  const { state, applied } = copy.head
  const namespaces = openNamespaces(state)
  const rows: Row[] = []
  let cursor: Cursor | null = null
  for (const namespace of Object.keys(namespaces).sort()) {
    if (after && namespace < after.namespace) continue
    const from = after?.namespace === namespace ? after : null
    rows.push(...(await copy.store.page(namespace, from, slots, most - rows.length)))
    if (rows.length < most) continue
    const { slot, id } = rows.at(-1) as Row
    cursor = { namespace, slot, id }
    break
  }
  return { type: 'exported', rows, cursor, namespaces, applied }
}

function openNamespaces(state: ShardState): Readonly<Record<string, NamespaceShape>> {
  const open = Object.entries(state.namespaces).filter(([, { isDropped }]) => !isDropped)
  return Object.fromEntries(open.map(([key, { dimension, metric }]) => [key, { dimension, metric }]))
}

/** What has changed in some slots since a position, for a move. */
export async function answerChanges(
  copy: Copy,
  { slots, after, most }: Extract<Message, { type: 'changes' }>,
): Promise<ChangesSince> {
  const { applied, base, state } = copy.head
  if (after < base.position) return { type: 'gone' }
  const read = await copy.store.entries(after, most)
  if (read[0] && read[0].position !== after + 1) return { type: 'gone' }
  const entries = read.filter(({ position }) => position <= applied)
  const wanted = new Set(slots)
  const changes = entries
    .flatMap((entry) => entry.changes)
    .filter((change) => change.type === 'put' || change.type === 'delete')
    .filter(({ slot }) => wanted.has(slot))
  const namespaces = openNamespaces(state)
  return {
    type: 'changes',
    changes: changes.filter(({ namespace }) => namespace in namespaces),
    position: entries.at(-1)?.position ?? after,
    applied,
    namespaces,
  }
}
