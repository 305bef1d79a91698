import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** Where an executor can be held, so that a fault can be aimed at one step of the protocol. */
export const GATES = ['before-prepare', 'after-prepare', 'before-decision', 'after-decision', 'before-commit'] as const
export type Gate = (typeof GATES)[number]

/**
 * Gates are armed by whoever tests the executor, never by itself: a file of the gate's name in the folder that
 * SHARD_EXECUTOR_GATES names, which may hold `{"of": 8}`, the database before which it is to wait (the first is 1).
 * It answers with a file `GATE.reached` and goes on once the gate's file is gone.
 */
export interface Gates {
  /** Which database the gate is armed for; null when it is not armed. */
  armed(gate: Gate): number | null
  /** Waits here if the gate is armed for this database, until it is opened. */
  pass(gate: Gate, of?: number): Promise<void>
}

const LOOK_EVERY_MS = 10

export function gatesIn(folder: string | undefined): Gates {
  if (folder === undefined) return { armed: () => null, pass: async () => {} }
  const file = (gate: Gate) => path.join(folder, gate)
  const armed = (gate: Gate) => (existsSync(file(gate)) ? countIn(file(gate)) : null)
  return {
    armed,
    async pass(gate, of = 1) {
      if (armed(gate) !== of) return
      writeFileSync(`${file(gate)}.draft`, JSON.stringify({ of, pid: process.pid }))
      renameSync(`${file(gate)}.draft`, `${file(gate)}.reached`)
      while (existsSync(file(gate))) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    },
  }
}

/** The gates of a folder for who arms them. */
export interface ArmedGates {
  all(): readonly { readonly gate: Gate; readonly of: number }[]
  arm(gate: Gate, of: number): void
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
    all: () => GATES.flatMap((gate) => (existsSync(file(gate)) ? [{ gate, of: countIn(file(gate)) }] : [])),
    arm(gate, of) {
      writeFileSync(`${file(gate)}.draft`, JSON.stringify({ of }))
      renameSync(`${file(gate)}.draft`, file(gate))
    },
    open,
  }
}

function countIn(file: string): number {
  try {
    const { of } = JSON.parse(readFileSync(file, 'utf8')) as { of?: unknown }
    return typeof of === 'number' && Number.isInteger(of) && of > 0 ? of : 1
  } catch {
    return 1
  }
}
