import type { Verb } from '../model/events.ts'

/** What the screen may ask of the lab. Nothing is returned: whatever becomes of it comes back as events. */
export interface LabControl {
  act(verb: Verb, service: string): void
  setTraffic(change: { isOn?: boolean; writesPerSecond?: number; readsPerSecond?: number }): void
  /** The person leaves the screen; the cluster goes on. */
  quit(): void
}
