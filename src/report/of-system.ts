import type { FaultCosts } from '../systems/fault-costs.ts'
import { DEFAULT_SYSTEM, systems } from '../systems/systems.ts'
import type { Measured } from './summary-schema.ts'

/** What faults may cost in a run of this system; null where nobody says. Summaries of earlier versions are Patroni's. */
export function costsIn({ system }: Pick<Measured, 'system'>): FaultCosts | null {
  const type = system?.type ?? DEFAULT_SYSTEM
  return systems.find((each) => each.type === type)?.faultCosts ?? null
}
