import type { Part } from '../../faults/part.ts'
import { noSuchPart } from '../../faults/target.ts'
import type { State } from './state.ts'

/** The name of the part that the second proxy is. */
export const SECOND_PROXY = 'haproxy2'

/** Why nothing can be done with it, and how to get it. */
export const NO_SECOND_PROXY = 'there is no second proxy in this lab: chaoslab up --proxies 2 brings it up'

/** Says that a lab has no such part; of the second proxy, how to get it. */
export function whyNoPart(name: string, parts: readonly Part[]): string {
  return name === SECOND_PROXY ? NO_SECOND_PROXY : noSuchPart(name, parts)
}

/**
 * The listeners of the second proxy; null in a lab without one. It may be taken away at any time: once its container
 * has been removed it is no longer a part of the lab, and nothing is missing.
 */
export function secondProxyOf({ lab, containers }: State): NonNullable<State['lab']>['listeners'] {
  const service = lab?.containerOf[SECOND_PROXY]
  const isRemoved = service !== undefined && containers[service]?.container === null
  return isRemoved ? null : (lab?.secondProxy ?? null)
}

/** Whether the clients of this run have a second proxy to go to. */
export function knowsSecondProxy(state: State): boolean {
  return (state.traffic.settings?.endpoints ?? 1) > 1
}
