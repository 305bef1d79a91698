import type { Stuck } from '../faults/injector.ts'
import { type FoundJournal, findJournals, type JournalEntry, settleFound } from '../faults/journal.ts'
import { performAll, undoByHand } from '../faults/undo.ts'
import type { World } from '../faults/world.ts'
import type { LabDefinition } from './definition.ts'
import { journalFolder } from './journal-folder.ts'

/** Faults that the journals say have not been healed. */
export interface LeftBehind {
  /** Of processes that are gone. */
  readonly orphaned: readonly FoundJournal[]
  /** Of processes that still run, this one not among them. */
  readonly held: readonly FoundJournal[]
}

/** What other processes have in force in this lab, or have left. */
export async function findLeftBehind(
  definition: LabDefinition,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<LeftBehind> {
  const found = (await findJournals(journalFolder(definition, environment))).filter(
    ({ pid, isOwnerAlive }) => !(isOwnerAlive && pid === process.pid),
  )
  const isLeft = ({ outstanding, damaged }: FoundJournal) => outstanding.length > 0 || damaged.length > 0
  return {
    orphaned: found.filter((journal) => !journal.isOwnerAlive),
    held: found.filter((journal) => journal.isOwnerAlive && isLeft(journal)),
  }
}

export interface Healed {
  readonly healed: readonly JournalEntry[]
  readonly stuck: readonly Stuck[]
}

/** Puts back all that these journals hold, last in first out; what works is marked as done. Never rejects for an undo. */
export async function healFound(
  journals: readonly FoundJournal[],
  world: World,
  onEach: (entry: JournalEntry) => void = () => {},
): Promise<Healed> {
  const healed: JournalEntry[] = []
  const stuck: Stuck[] = []
  const entries = journals.flatMap((journal) => journal.outstanding).toSorted((a, b) => (a.at < b.at ? -1 : 1))
  for (const { entry, undone } of await performAll(entries, world, onEach)) {
    if (undone.ok) healed.push(entry)
    else stuck.push({ fault: entry.fault, parts: entry.parts, error: undone.error, byHand: undone.byHand })
  }
  const ids = new Set(healed.map(({ id }) => id))
  for (const journal of journals) await settleFound(journal, ids)
  return { healed, stuck }
}

/** For people: what one entry is about, and how it is put back by hand. */
export function tellEntry(entry: JournalEntry, world: World): { readonly text: string; readonly byHand: string } {
  return { text: `${entry.text} (since ${entry.at})`, byHand: undoByHand(entry.undo, world) }
}
