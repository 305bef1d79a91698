import type { EventLog } from '../log/event-log.ts'
import type { FaultScope, Undo } from './fault.ts'
import type { Journal, JournalEntry } from './journal.ts'
import { performAll } from './undo.ts'
import type { World } from './world.ts'

export interface ActiveFault {
  readonly name: string
  readonly fault: string
  readonly parts: readonly string[]
  readonly text: string
}

/** A fault that is being injected, is in force, or could not be taken back. */
export interface HeldFault extends ActiveFault {
  readonly id: string
  /** Those that it is still in force on. */
  parts: readonly string[]
  readonly entries: JournalEntry[]
  /** Ends what is repeated while the fault is in force, and its injection if that still goes on. */
  readonly over: AbortController
  /** Settles when the injection has ended, however; null once it has. */
  injection: Promise<unknown> | null
  /** It is no fault, and none is told of: something that healing is to put back as well. */
  readonly isRegistered: boolean
  /** Why it could not be taken back, as was said last; null while that has not been tried or has not failed. */
  stuckBy: string | null
  /** Something is done again and again to keep it in force. */
  isKept: boolean
}

/** One thing that could not be put back. */
export interface Stuck {
  readonly fault: string
  readonly parts: readonly string[]
  readonly error: string
  readonly byHand: string
}

export interface InjectorOptions {
  readonly world: World
  readonly log: Pick<EventLog, 'append'>
  readonly journal: Journal
  /** Called before anything is changed, each time. Must not reject. */
  readonly beforeChange?: (signal: AbortSignal) => Promise<void>
  /** Until when what is stuck is tried again by itself. */
  readonly signal: AbortSignal
}

/** What a fault is given to work with while it is injected and in force. */
export function scopeOf(
  fault: HeldFault,
  { world, journal, log }: InjectorOptions,
  heal: () => Promise<unknown>,
): FaultScope {
  const { id, fault: kind, parts, text, entries, over } = fault
  let hasEnded = false
  return {
    world,
    id,
    async defer(undo: Undo) {
      entries.push(await journal.add({ faultId: id, fault: kind, parts: [...parts], text, undo }))
    },
    repeat(everyMs: number, action: (signal: AbortSignal) => Promise<void>) {
      fault.isKept = true
      void repeat(everyMs, action, over.signal, world, (error) => {
        log.append({ type: 'note', level: 'warn', source: parts[0] ?? 'lab', text: `${kind}: ${error.message}` })
      })
    },
    ended(why: string) {
      if (over.signal.aborted || hasEnded) return
      hasEnded = true
      log.append({ type: 'note', level: 'warn', source: parts[0] ?? 'lab', text: `${kind} is over: ${why}` })
      void heal()
    },
  }
}

async function repeat(
  everyMs: number,
  action: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
  { clock }: World,
  onError: (error: Error) => void,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal).catch(() => {})
    if (signal.aborted) return
    await action(signal).catch((error: Error) => {
      // What is repeated ends by this signal: that is no trouble to tell of.
      if (!signal.aborted) onError(error)
    })
  }
}

/** Undoes everything of one fault, last in first out; what worked is settled, what did not stays to be tried again. */
export async function undoAll(fault: HeldFault, options: InjectorOptions): Promise<Stuck[]> {
  const stuck: Stuck[] = []
  for (const { entry, undone } of await performAll([...fault.entries], options.world)) {
    if (undone.ok) await settleOne(fault, entry, options)
    else {
      stuck.push({ fault: fault.fault, parts: fault.parts, error: undone.error, byHand: undone.byHand })
    }
  }
  return stuck
}

/** It has been put back, by whomever. */
export async function settleOne(fault: HeldFault, entry: JournalEntry, options: InjectorOptions): Promise<void> {
  drop(fault.entries, entry)
  await settle(entry, options)
}

/** Half a fault heals too; what cannot be taken back stays in force, and is said. */
export async function takeBack(held: HeldFault[], fault: HeldFault, options: InjectorOptions): Promise<void> {
  fault.over.abort()
  const stuck = await undoAll(fault, options)
  if (stuck.length === 0) drop(held, fault)
  else sayStuck(fault, stuck, options)
}

/** Loudly, with what a person can do about it. */
export function sayStuck(held: HeldFault, stuck: readonly Stuck[], { log }: InjectorOptions): void {
  const { id, fault, parts } = held
  held.stuckBy = stuck[0]?.error ?? ''
  log.append({ type: 'fault.stuck', id, fault, parts, error: held.stuckBy, byHand: stuck.map(({ byHand }) => byHand) })
}

/** It is over, and nothing of it has to be put back. */
export async function forget(held: HeldFault[], fault: HeldFault, options: InjectorOptions): Promise<void> {
  fault.over.abort()
  for (const entry of fault.entries.splice(0)) await settle(entry, options)
  drop(held, fault)
}

/** What cannot be marked as put back is put back once more by whoever finds it: that does no harm, and ends nothing. */
async function settle(entry: JournalEntry, { journal, log }: InjectorOptions): Promise<void> {
  try {
    await journal.settle(entry)
  } catch (error) {
    const text = `put back, but the journal still holds it: ${(error as Error).message}`
    log.append({ type: 'note', level: 'warn', source: entry.parts[0] ?? 'lab', text })
  }
}

/** Somebody else can have taken it out meanwhile. */
export function drop<T>(list: T[], one: T): void {
  const index = list.indexOf(one)
  if (index >= 0) list.splice(index, 1)
}
