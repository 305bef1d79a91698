import type { Verb } from '../model/events.ts'

/** What the screen may ask of the lab. Nothing is returned: whatever becomes of it comes back as events. */
export interface LabControl {
  act(verb: Verb, service: string): void
  setTraffic(change: { isOn?: boolean; writesPerSecond?: number; readsPerSecond?: number }): void
  /** Every write up to now against the rows that the nodes hold; ends with an `audited` event. Absent: nobody can. */
  audit?(): void
  /** The person leaves the screen; the cluster goes on. */
  quit(): void
}

/** How a recorded run is moved in; log/replay.ts is one. Its screen's clock is the run's own time. */
export interface Playback {
  readonly endMs: number
  readonly isPaused: boolean
  setPaused(isPaused: boolean): void
  seek(toMs: number): void
}
