import type { Stuck } from '../faults/held.ts'
import type { FoundJournal, JournalEntry } from '../faults/journal.ts'
import { keepTrying } from '../faults/keep-trying.ts'
import type { World } from '../faults/world.ts'
import { compareLeftBaselines, forgetLeftBaselines } from '../lab/baseline-file.ts'
import { journalFolder } from '../lab/journal-folder.ts'
import type { Lab } from '../lab/lab.ts'
import { findLeftBehind, healFound } from '../lab/left-behind.ts'

/** What came of healing what earlier runs had left. */
export interface HealedLeftovers {
  readonly healed: number
  readonly stuck: readonly Stuck[]
}

type HealingLab = Pick<Lab, 'definition' | 'world' | 'log' | 'live' | 'closing'>

/**
 * Puts back what runs that were killed have left in force, and writes into the log of this one what came of it; what is
 * stuck counts as in force from then on, and is tried again by itself as soon as its means are back. Does nothing while
 * nothing is left.
 * @param onEach told of each before it is tried
 */
export async function healLeftBehind(
  lab: HealingLab,
  onEach: (entry: JournalEntry) => void = () => {},
): Promise<HealedLeftovers> {
  const { world, definition, log } = lab
  if (world === null) return { healed: 0, stuck: [] }
  const { orphaned, held } = await findLeftBehind(definition)
  for (const { pid, outstanding } of held) {
    const what = [...new Set(outstanding.map(({ text }) => text))].join('; ')
    const text = `process ${pid} still runs and has faults in force here: ${what}`
    log.append({ type: 'note', level: 'warn', source: 'lab', text })
  }
  const done = await healOrphaned(lab, world, orphaned, onEach)
  if (done.stuck.length > 0) void tryAgain(lab, world, done.stuck)
  return done
}

/** The labs in which what is stuck is being tried again. */
const trying = new WeakSet<World>()

async function tryAgain(lab: HealingLab, world: World, first: HealedLeftovers['stuck']): Promise<void> {
  if (trying.has(world)) return
  trying.add(world)
  let stuck = first
  const parts = () => stuck.flatMap((each) => each.parts)
  const attempt = async () => {
    try {
      const { orphaned } = await findLeftBehind(lab.definition)
      ;({ stuck } = await healOrphaned(lab, world, orphaned))
      return stuck.length === 0
    } catch {
      // The journals cannot be read just now.
      return false
    }
  }
  await keepTrying({ world, parts, attempt }, lab.closing)
  trying.delete(world)
}

async function healOrphaned(
  { definition, log, live }: HealingLab,
  world: World,
  orphaned: readonly FoundJournal[],
  onEach?: (entry: JournalEntry) => void,
): Promise<HealedLeftovers> {
  if (orphaned.every(({ outstanding }) => outstanding.length === 0)) return { healed: 0, stuck: [] }
  const { healed, stuck } = await healFound(orphaned, world, onEach)
  const known = new Set(live.current().faults.map(({ id }) => id))
  const isStuck = (id: string) => stuck.some((each) => idOf(each) === id)
  for (const each of distinct(healed)) {
    const { fault, parts, text } = each
    const id = idOf(each)
    if (isStuck(id)) continue
    log.append({
      type: 'note',
      level: 'info',
      source: 'lab',
      text: `healed what an earlier run had left: ${text}`,
    })
    if (known.has(id)) log.append({ type: 'fault.healed', id, fault, parts })
  }
  for (const each of distinct(stuck)) {
    const { fault, parts, error } = each
    const before = live.current().faults.find(({ id }) => id === idOf(each))
    // By itself it fails again and again: what fails for the same reason is said to whoever asks, and once.
    if (onEach === undefined && before?.stuck?.error === error) continue
    const byHand = stuck.filter((other) => idOf(other) === idOf(each)).map((other) => other.byHand)
    log.append({ type: 'fault.stuck', id: idOf(each), fault, parts, error, byHand })
  }
  if (stuck.length === 0) {
    const folder = journalFolder(definition)
    for (const difference of await compareLeftBaselines(folder, world)) {
      log.append({
        type: 'note',
        level: 'warn',
        source: 'lab',
        text: `not as it was before the earlier run: ${difference}`,
      })
    }
    await forgetLeftBaselines(folder)
  }
  return { healed: distinct(healed).length, stuck }
}

interface Left {
  readonly fault: string
  readonly parts: readonly string[]
}

const PREFIX = 'left-'

/** The same at every try, and unlike the id of any fault of this run. */
function idOf({ fault, parts }: Left): string {
  return `${PREFIX}${fault}-${parts.join('-')}`
}

/** A fault can have several things to put back. */
function distinct<T extends Left>(all: readonly T[]): readonly T[] {
  return all.filter((one, index) => all.findIndex((other) => idOf(other) === idOf(one)) === index)
}
