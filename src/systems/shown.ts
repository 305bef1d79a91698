import type { Panel } from '../draw/panel.ts'
import type { State } from '../model/state.ts'

/** What a system shows of itself on the screen. */
export interface Shown {
  /** Its panels in the order of their numbers, which come before those of the panels that every system has. */
  readonly panels: readonly Panel[]
  /** How it stands at this moment; left out, that is told by its servers and its primaries. */
  standing?(state: State, nowMs: number): Standing
}

/** Who leads in a system at one moment, and what cannot wait. */
export interface Standing {
  /** Who has the write authority, and what to call that; not confirmed: as it was when last seen. Null: nobody can say. */
  readonly leader: {
    readonly title: string
    readonly names: readonly string[]
    readonly isConfirmed: boolean
  } | null
  /** The gravest of what cannot wait, as a word or two and why: `NO LEADER`. Null when all of it can. */
  readonly alarm: { readonly word: string; readonly why: string } | null
  /** What has to be seen once, beside its sources, before it can be called healthy; null when it has been. */
  readonly awaited: string | null
}
