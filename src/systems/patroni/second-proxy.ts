import type { State } from './state.ts'

/** The name of the part that the second proxy is. */
export const SECOND_PROXY = 'haproxy2'

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
