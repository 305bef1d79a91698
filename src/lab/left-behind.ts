import { scanContainers, scanProcesses } from '../faults/container/scan-containers.ts'
import type { Stuck } from '../faults/held.ts'
import { type FoundJournal, findJournals, type JournalEntry, settleFound } from '../faults/journal.ts'
import { type Leftover, untold } from '../faults/leftover.ts'
import { scanNetwork } from '../faults/network/leftovers.ts'
import { performAll, undoByHand } from '../faults/undo.ts'
import type { World } from '../faults/world.ts'
import { compareLeftBaselines } from './baseline-file.ts'
import { scanClients } from './clients/left-clients.ts'
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
export async function findLeftBehind(definition: LabDefinition): Promise<LeftBehind> {
  const found = (await findJournals(journalFolder(definition))).filter(
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
  const entries = journals
    .flatMap((journal) => journal.outstanding)
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
  for (const { entry, undone } of await performAll(entries, world, onEach)) {
    if (undone.ok) healed.push(entry)
    else stuck.push({ fault: entry.fault, parts: entry.parts, error: undone.error, byHand: undone.byHand })
  }
  const ids = new Set(healed.map(({ id }) => id))
  for (const journal of journals) await settleFound(journal, ids)
  return { healed, stuck }
}

/**
 * Everything that faults can have left in a lab, a line each: what the journals hold, and what can be seen whether or
 * not a journal tells of it. Nothing is changed. Says so too where it cannot be told.
 */
export async function findLeftovers(definition: LabDefinition, world: World, signal: AbortSignal): Promise<Leftover[]> {
  const { orphaned, held } = await findLeftBehind(definition)
  const tell = ({ outstanding }: FoundJournal, whose: string) =>
    outstanding.map((entry) => ({
      text: `${whose}: ${entry.text} (since ${entry.at})`,
      byHand: undoByHand(entry.undo, world.within(entry.parts)),
    }))
  const journalled = [
    ...orphaned.flatMap((journal) => tell(journal, 'left by a run that was killed')),
    ...held.flatMap((journal) => tell(journal, `in force by process ${journal.pid}, which still runs`)),
    ...[...orphaned, ...held].flatMap(({ file, damaged }) => {
      return damaged.length === 0 ? [] : [{ text: `${file}: lines ${damaged.join(', ')} cannot be read`, byHand: null }]
    }),
  ]
  const own = world.system.leftovers
  const scans = [scanNetwork, scanClients, scanContainers, scanProcesses, ...(own ? [own] : [])].map(async (scan) => {
    try {
      return await scan(world, signal)
    } catch (error) {
      return [untold('leftovers cannot be told', error)]
    }
  })
  const seen = [...(await Promise.all(scans)).flat(), ...(await compareLeftBaselines(journalFolder(definition), world))]
  return [...journalled, ...seen.map((each) => (typeof each === 'string' ? { text: each, byHand: null } : each))]
}
