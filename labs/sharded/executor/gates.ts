import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** Where an executor can be held, so that a fault can be aimed at one step of the protocol. */
export const GATES = ['before-prepare', 'after-prepare', 'before-decision', 'after-decision', 'before-commit'] as const
export type Gate = (typeof GATES)[number]

/** Where a transaction comes to once for each of its databases; to the others once, with all of them. */
const OF_EACH: readonly Gate[] = ['before-prepare', 'before-commit']

/**
 * Gates are armed by whoever tests the executor, never by itself: a file of the gate's name in the folder that
 * SHARD_EXECUTOR_GATES names, which may hold `{"of": 8, "holdMs": 20000}`: the database before which it is to wait (the
 * first is 1), and for how long at most; where a transaction comes to with all of its databases, only one of at least so
 * many is held. The first transaction that comes there is held, and no other; `GATE.reached` says so. It goes on once the
 * gate's file is gone, or by itself when that time is over: nobody can be left hanging.
 */
export interface Gates {
  /** Which database the gate is armed for; null when it is not armed. */
  armed(gate: Gate): number | null
  /**
   * Waits here if the gate is armed for this database, or for a transaction of so many, until it is opened.
   * @param onHeld told when it does
   */
  pass(gate: Gate, of?: number, onHeld?: () => void): Promise<void>
}

const LOOK_EVERY_MS = 10

/** For how long a transaction is held where nobody says it, and at most. */
export const MOST_HOLD_MS = 60_000

export function gatesIn(folder: string | undefined): Gates {
  if (folder === undefined) return { armed: () => null, pass: async () => {} }
  const file = (gate: Gate) => path.join(folder, gate)
  const armed = (gate: Gate) => (existsSync(file(gate)) ? readArmed(file(gate)).of : null)
  return {
    armed,
    async pass(gate, of = 1, onHeld = () => {}) {
      const wanted = armed(gate)
      if (wanted === null || (OF_EACH.includes(gate) ? of !== wanted : of < wanted)) return
      if (!isFirst(`${file(gate)}.reached`, of)) return
      onHeld()
      const untilMs = performance.now() + readArmed(file(gate)).holdMs
      while (existsSync(file(gate)) && performance.now() < untilMs) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
      }
      rmSync(file(gate), { force: true })
      rmSync(`${file(gate)}.reached`, { force: true })
    },
  }
}

/** Whoever makes the file; it is there once for all processes that look at the folder. */
function isFirst(file: string, of: number): boolean {
  try {
    writeFileSync(file, JSON.stringify({ of, pid: process.pid }), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** The gates of a folder for who arms them. */
export interface ArmedGates {
  all(): readonly { readonly gate: Gate; readonly of: number }[]
  arm(gate: Gate, at: { readonly of: number; readonly holdMs: number }): void
  open(gate: Gate): void
}

/** Begins with all of them open: what was armed for an executor that is gone holds nobody. */
export function armedGates(folder: string | undefined): ArmedGates {
  if (folder === undefined) {
    const arm = () => {
      throw new Error('no gates: SHARD_EXECUTOR_GATES names no folder')
    }
    return { all: () => [], arm, open: () => {} }
  }
  mkdirSync(folder, { recursive: true })
  const file = (gate: Gate) => path.join(folder, gate)
  const open = (gate: Gate) => {
    rmSync(file(gate), { force: true })
    rmSync(`${file(gate)}.reached`, { force: true })
  }
  GATES.forEach(open)
  return {
    all: () => GATES.flatMap((gate) => (existsSync(file(gate)) ? [{ gate, of: readArmed(file(gate)).of }] : [])),
    arm(gate, at) {
      // Of somebody who was held before, and is not any more.
      rmSync(`${file(gate)}.reached`, { force: true })
      writeFileSync(`${file(gate)}.draft`, JSON.stringify(at))
      renameSync(`${file(gate)}.draft`, file(gate))
    },
    open,
  }
}

function readArmed(file: string): { readonly of: number; readonly holdMs: number } {
  const { of, holdMs } = contentOf(file)
  return { of: wholeFrom(of) ?? 1, holdMs: Math.min(wholeFrom(holdMs) ?? MOST_HOLD_MS, MOST_HOLD_MS) }
}

function contentOf(file: string): { readonly of?: unknown; readonly holdMs?: unknown } {
  try {
    return { ...(JSON.parse(readFileSync(file, 'utf8')) as object) }
  } catch {
    return {}
  }
}

function wholeFrom(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : null
}
