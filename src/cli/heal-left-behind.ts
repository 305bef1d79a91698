import type { JournalEntry } from '../faults/journal.ts'
import { compareLeftBaselines, forgetLeftBaselines } from '../lab/baseline-file.ts'
import { journalFolder } from '../lab/journal-folder.ts'
import type { Lab } from '../lab/lab.ts'
import { findLeftBehind, healFound } from '../lab/left-behind.ts'

/** What came of healing what earlier runs had left. */
export interface HealedLeftovers {
  readonly healed: number
  readonly stuck: readonly {
    readonly fault: string
    readonly parts: readonly string[]
    readonly error: string
    readonly byHand: string
  }[]
}

/**
 * Puts back what runs that were killed have left in force, and writes into the log of this one what came of it; what is
 * stuck counts as in force from then on, until a later try heals it. Does nothing while nothing is left.
 * @param onEach told of each before it is tried
 */
export async function healLeftBehind(
  { definition, world, log, live }: Pick<Lab, 'definition' | 'world' | 'log' | 'live'>,
  onEach: (entry: JournalEntry) => void = () => {},
): Promise<HealedLeftovers> {
  if (world === null) return { healed: 0, stuck: [] }
  const { orphaned, held } = await findLeftBehind(definition)
  for (const { pid, outstanding } of held) {
    const what = [...new Set(outstanding.map(({ text }) => text))].join('; ')
    const text = `process ${pid} still runs and has faults in force here: ${what}`
    log.append({ type: 'note', level: 'warn', source: 'lab', text })
  }
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
