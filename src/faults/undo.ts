import type { Undo, UndoKind } from './fault.ts'
import type { World } from './world.ts'

/** How long putting one thing back may take. */
const UNDO_BUDGET_MS = 30_000

type Undone = { readonly ok: true } | { readonly ok: false; readonly error: string; readonly byHand: string }

/**
 * Puts one change back, with a budget of its own: whoever asked may have gone away meanwhile. Checks that nothing of it
 * remains. Never rejects, and never takes longer than the budget, even where what it waits for takes no notice of it.
 */
export async function performUndo(
  undo: Undo,
  world: World,
  budget: AbortSignal = AbortSignal.timeout(UNDO_BUDGET_MS),
): Promise<Undone> {
  const kind = kindOf(undo, world)
  if (kind === null) {
    const error = `the journal names an undo that this version does not know (${undo.type})`
    return { ok: false, error, byHand: 'chaoslab heal, by the version that wrote it' }
  }
  const { perform, remains, byHand, params } = kind
  try {
    const left = await within(budget, async () => {
      await perform(params, world, budget)
      return remains(params, world, budget)
    })
    if (left === null) return { ok: true }
    return { ok: false, error: left, byHand: byHand(params, world) }
  } catch (error) {
    const why = budget.aborted ? `not done within ${UNDO_BUDGET_MS / 1000} s` : (error as Error).message
    return { ok: false, error: why, byHand: byHand(params, world) }
  }
}

function within<T>(budget: AbortSignal, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(budget.reason)
    budget.addEventListener('abort', giveUp, { once: true })
    work()
      .then(resolve, reject)
      .finally(() => budget.removeEventListener('abort', giveUp))
  })
}

/** What an undo stands for, together with how it went. */
interface UndoneEntry<E> {
  readonly entry: E
  readonly undone: Undone
}

/**
 * Puts several changes back, the last one first; those that have nothing in common at the same time.
 * @param entries in the order in which the changes were made
 */
export async function performAll<
  E extends { readonly faultId: string; readonly parts: readonly string[]; readonly undo: Undo },
>(entries: readonly E[], world: World, onEach: (entry: E) => void = () => {}): Promise<readonly UndoneEntry<E>[]> {
  const all: UndoneEntry<E>[] = []
  for (const group of groups(entries.toReversed(), world)) {
    const undone = await Promise.all(
      group.map(async (entry) => {
        onEach(entry)
        return { entry, undone: await performUndo(entry.undo, world.within(entry.parts)) }
      }),
    )
    all.push(...undone)
  }
  return all
}

/** Neighbours of one fault and one kind go together if their kind says so. */
function groups<E extends { readonly faultId: string; readonly undo: Undo }>(
  entries: readonly E[],
  { undoKinds }: Pick<World, 'undoKinds'>,
): readonly E[][] {
  const made: E[][] = []
  for (const entry of entries) {
    const group = made.at(-1)
    const last = group?.at(-1)
    const isAlike = last?.undo.type === entry.undo.type && last.faultId === entry.faultId
    if (group && isAlike && undoKinds.find(({ type }) => type === entry.undo.type)?.isIndependent === true)
      group.push(entry)
    else made.push([entry])
  }
  return made
}

/** The command that a person can run. */
export function undoByHand(undo: Undo, world: World): string {
  const kind = kindOf(undo, world)
  return kind === null ? 'chaoslab heal' : kind.byHand(kind.params, world)
}

/** The kind together with its parsed settings; null when there is no such kind, or they are not as it wants them. */
function kindOf(
  { type, params }: Undo,
  { undoKinds }: Pick<World, 'undoKinds'>,
): (UndoKind & { readonly params: unknown }) | null {
  const kind = undoKinds.find((each) => each.type === type)
  const parsed = kind?.schema.safeParse(params)
  return kind === undefined || parsed?.success !== true ? null : { ...kind, params: parsed.data }
}
