import type { LabEvent } from '../model/events.ts'
import type { Summary } from './summary-schema.ts'

type Injection = Summary['injections'][number]

/** Follows what the lab was asked to inject, by keys, menu, command or scenario, and what came of it. */
export function createInjections() {
  const byId = new Map<string, Injection>()
  const change = (id: string | undefined, by: Partial<Injection>) => {
    const known = id === undefined ? undefined : byId.get(id)
    if (id !== undefined && known !== undefined) byId.set(id, { ...known, ...by })
  }
  return {
    add(event: LabEvent) {
      if (event.type === 'fault.requested') {
        const { id, fault, target, parts, text, byHand = [], atMs } = event
        const about = { fault, target, parts: [...parts], text, byHand: [...byHand] }
        byId.set(id, { ...about, requestedMs: atMs, landedMs: null, error: null })
      }
      if (event.type === 'fault.landed') change(event.id, { landedMs: event.atMs })
      if (event.type === 'fault.failed') change(event.id, { error: event.error })
    },
    all: (): Injection[] => [...byId.values()],
  }
}
