import type { FaultFailed, FaultHealed, FaultLanded, FaultRequested, FaultStuck } from './events.ts'
import type { FaultEffect } from './fault-effect.ts'

/** A fault of the lab's own that has not been healed. */
export interface FaultInForce extends Pick<FaultRequested, 'id' | 'fault' | 'parts'> {
  readonly effects: readonly FaultEffect[]
  /** The end of a sentence that begins with the parts; what is being done while it has not landed. */
  readonly text: string
  readonly requestedMs: number
  /** Null until it is in force. */
  readonly landedMs: number | null
  /** Why it could not be taken back, and how to do it by hand; null while that has not failed. */
  readonly stuck: { readonly error: string; readonly byHand: readonly string[] } | null
}

type FaultEvent = FaultRequested | FaultLanded | FaultFailed | FaultHealed | FaultStuck

/** Takes in one event; what nobody requested (it has no id) is left to the anatomy. */
export function trackFaults(
  faults: readonly FaultInForce[],
  event: { readonly atMs: number } & FaultEvent,
): readonly FaultInForce[] {
  const { id } = event
  if (id === undefined) return faults
  const change = (by: Partial<FaultInForce>) => faults.map((each) => (each.id === id ? { ...each, ...by } : each))
  switch (event.type) {
    case 'fault.requested': {
      const { fault, parts, text, atMs, effects = [] } = event
      return [...faults, { id, fault, parts, effects, text, requestedMs: atMs, landedMs: null, stuck: null }]
    }
    case 'fault.landed':
      return change({
        landedMs: event.fromMs ?? event.atMs,
        text: event.text,
        parts: event.parts,
        effects: event.effects ?? [],
      })
    case 'fault.stuck': {
      const stuck = { error: event.error, byHand: event.byHand }
      if (faults.some((each) => each.id === id)) return change({ stuck })
      const { fault, parts, atMs } = event
      const text = `is under ${fault}`
      return [...faults, { id, fault, parts, effects: [], text, requestedMs: atMs, landedMs: atMs, stuck }]
    }
    case 'fault.failed':
      return faults.filter((each) => each.id !== id)
    case 'fault.healed': {
      const left = faults.find((each) => each.id === id)?.parts.filter((part) => !event.parts.includes(part)) ?? []
      return left.length > 0 ? change({ parts: left }) : faults.filter((each) => each.id !== id)
    }
  }
}
