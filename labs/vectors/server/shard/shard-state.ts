import type { Change, Control, Cursor, NamespaceShape } from '../change.ts'
import { toRanges } from './ranges.ts'

/**
 * What a shard has to know of a slot. `move` is the last move that touched it: moves are numbered upwards, so that
 * whoever carries out an old one is refused.
 */
export interface Slot {
  readonly status: 'owned' | 'importing' | 'released' | 'gone'
  readonly move: number
  /** Of the entry that released it. */
  readonly position: number
}

export interface ImportProgress {
  readonly attempt: number
  readonly cursor: Cursor | null
  readonly isCopied: boolean
  readonly tail: number
  readonly vectors: number
}

/** What the control entries of a log come to: a pure function of the log. */
export interface ShardState {
  readonly slots: Readonly<Record<string, Slot>>
  readonly imports: Readonly<Record<string, ImportProgress>>
  readonly namespaces: Readonly<Record<string, NamespaceShape & { readonly isDropped: boolean }>>
}

export const emptyState: ShardState = { slots: {}, imports: {}, namespaces: {} }

export function fold(state: ShardState, position: number, change: Change): ShardState {
  switch (change.type) {
    case 'put':
    case 'delete':
    case 'begin':
      return state
    case 'create': {
      const { namespace, dimension, metric } = change
      return withNamespace(state, namespace, { dimension, metric, isDropped: false })
    }
    case 'drop': {
      const shape = state.namespaces[change.namespace] ?? { dimension: 0, metric: 'cosine' }
      return withNamespace(state, change.namespace, { ...shape, isDropped: true })
    }
    case 'own': {
      const { [change.move]: _, ...imports } = state.imports
      return { ...withSlots(state, change.slots, { status: 'owned', move: change.move, position }), imports }
    }
    case 'keep':
      return withSlots(state, change.slots, { status: 'owned', move: change.move, position })
    case 'release':
      return withSlots(state, change.slots, { status: 'released', move: change.move, position })
    case 'forget':
      return withSlots(state, change.slots, { status: 'gone', move: change.move, position })
    case 'import': {
      const { move, attempt, cursor, isCopied, tail, isRestart } = change
      const before = isRestart ? 0 : (state.imports[move]?.vectors ?? 0)
      const progress = { attempt, cursor, isCopied, tail, vectors: before + change.vectors }
      const slots = withSlots(state, change.slots, { status: 'importing', move, position })
      return { ...slots, imports: { ...state.imports, [move]: progress } }
    }
  }
}

function withSlots(state: ShardState, slots: readonly number[], slot: Slot): ShardState {
  return { ...state, slots: { ...state.slots, ...Object.fromEntries(slots.map((each) => [each, slot])) } }
}

function withNamespace(state: ShardState, key: string, shape: ShardState['namespaces'][string]): ShardState {
  return { ...state, namespaces: { ...state.namespaces, [key]: shape } }
}

export const isOwned = (state: ShardState, slot: number): boolean => state.slots[slot]?.status === 'owned'

/** The slots that are served, or those of which rows are there that are not. */
export const slotsThat = (state: ShardState, are: 'owned' | 'hidden'): readonly number[] => told(state)[are]

/** The slots that are served, as ranges. */
export const ownedRanges = (state: ShardState): string => told(state).ranges

interface Told {
  readonly owned: readonly number[]
  readonly hidden: readonly number[]
  readonly ranges: string
}

/** Every search asks for them, and only control entries make a new state. */
const knownOf = new WeakMap<ShardState, Told>()

function told(state: ShardState): Told {
  const known = knownOf.get(state)
  if (known) return known
  const all = Object.entries(state.slots)
  const slotsOf = (...those: readonly Slot['status'][]) =>
    all.filter(([, { status }]) => those.includes(status)).map(([slot]) => Number(slot))
  const owned = slotsOf('owned')
  const made = { owned, hidden: slotsOf('importing', 'released'), ranges: toRanges(owned) }
  knownOf.set(state, made)
  return made
}

/** What a shard says to a control entry: to be logged, done already, or refused. */
export type Judgement = 'new' | 'already' | 'refused'

export function judge(state: ShardState, change: Control): Judgement {
  switch (change.type) {
    case 'begin':
      return 'new'
    case 'create':
      return judgeNamespace(state, change.namespace, false)
    case 'drop':
      return judgeNamespace(state, change.namespace, true)
    case 'own': {
      if (change.slots.every((slot) => isAt(state, slot, 'owned', change.move))) return 'already'
      // The slots that a shard is born with were never anybody's.
      if (change.move === 0) return change.slots.every((slot) => !state.slots[slot]) ? 'new' : 'refused'
      const isMine = state.imports[change.move]?.attempt === change.attempt
      return isMine && change.slots.every((slot) => isAt(state, slot, 'importing', change.move)) ? 'new' : 'refused'
    }
    case 'keep': {
      if (change.slots.every((slot) => isAt(state, slot, 'owned', change.move))) return 'already'
      const may = (slot: number) => isOwned(state, slot) && (state.slots[slot]?.move ?? 0) <= change.move
      return change.slots.every(may) ? 'new' : 'refused'
    }
    case 'release': {
      const isAlready = change.slots.every(
        (slot) => isAt(state, slot, 'released', change.move) || isAt(state, slot, 'gone', change.move),
      )
      if (isAlready) return 'already'
      const may = (slot: number) => isOwned(state, slot) && (state.slots[slot]?.move ?? 0) < change.move
      return change.slots.every(may) ? 'new' : 'refused'
    }
    case 'forget':
      if (change.slots.every((slot) => isAt(state, slot, 'gone', change.move))) return 'already'
      return change.slots.every((slot) => isAt(state, slot, 'released', change.move)) ? 'new' : 'refused'
    case 'import': {
      const attempt = state.imports[change.move]?.attempt
      if (attempt !== undefined) return attempt <= change.attempt ? 'new' : 'refused'
      const may = (slot: Slot | undefined) => !slot || (slot.status === 'gone' && slot.move < change.move)
      return change.slots.every((slot) => may(state.slots[slot])) ? 'new' : 'refused'
    }
  }
}

function isAt(state: ShardState, slot: number, status: Slot['status'], move: number): boolean {
  return state.slots[slot]?.status === status && state.slots[slot]?.move === move
}

/** A namespace that was dropped never comes back: one of the same name has another key. */
function judgeNamespace(state: ShardState, key: string, isDropped: boolean): Judgement {
  const known = state.namespaces[key]
  if (!known) return 'new'
  if (known.isDropped === isDropped) return 'already'
  return known.isDropped ? 'refused' : 'new'
}
