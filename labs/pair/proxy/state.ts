import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import type { Cause } from './trouble.ts'

/** One decision that another node leads, and what came of it. Times are ISO 8601. */
export interface Promotion {
  readonly epoch: number
  readonly node: string
  readonly from: string
  readonly at: string
  readonly why: Cause
  /** Null until PostgreSQL has answered. */
  readonly result:
    | null
    /** `fork`: the last position that the new timeline shares with the old one; absent where that was not told. */
    | { readonly type: 'promoted'; readonly tookMs: number; readonly timeline: number; readonly fork?: string | null }
    | { readonly type: 'failed'; readonly error: string }
}

/** What a node said of itself when it was fenced, and how it came back. */
export interface Fence {
  readonly node: string
  readonly epoch: number
  readonly at: string
  /** Stopped while it ran, or kept from starting. */
  readonly when: 'running' | 'starting'
  /** WAL written past the point where the new timeline forked off; null where it could not be read. */
  readonly walBytesPastFork: number | null
  readonly commitsPastFork: number | null
  /** By table. */
  readonly insertsPastFork: Readonly<Record<string, number>> | null
  readonly rejoined: { readonly at: string; readonly by: 'pg_rewind' | 'pg_basebackup' } | null
}

/** All that must survive a restart of the proxy. */
export interface State {
  /** How often the lead has changed. */
  readonly epoch: number
  readonly leadsTo: string
  readonly since: string
  /** The epoch in which the leader last served a session; one that never did has not failed, it has not begun. */
  readonly servedIn: number | null
  /** The epoch in which the standby was last seen streaming from the leader; one that never was is not promoted. */
  readonly streamedIn: number | null
  readonly promotions: readonly Promotion[]
  readonly fences: readonly Fence[]
}

/** The state in a file: written before anything is done about it. */
export class StateFile {
  #state: State

  /** Reads the file, or begins with `first` as the leader; throws when the file is there and cannot be read. */
  constructor(
    private readonly file: string,
    first: string,
    now: Date,
  ) {
    this.#state = read(file) ?? {
      epoch: 0,
      leadsTo: first,
      since: now.toISOString(),
      servedIn: null,
      streamedIn: null,
      promotions: [],
      fences: [],
    }
    this.update({})
  }

  get state(): State {
    return this.#state
  }

  update(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change }
    const draft = `${this.file}.new`
    const handle = openSync(draft, 'w')
    writeSync(handle, `${JSON.stringify(this.#state, null, 2)}\n`)
    fsyncSync(handle)
    closeSync(handle)
    renameSync(draft, this.file)
  }
}

function read(file: string): State | null {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  const state = JSON.parse(text) as State
  if (typeof state.epoch !== 'number' || typeof state.leadsTo !== 'string') throw new Error(`${file} is no state file`)
  return state
}
