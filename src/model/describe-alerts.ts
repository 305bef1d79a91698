import { onReach, type Remarks } from './remark.ts'
import { fresh } from './seen.ts'
import type { State } from './state.ts'

/** Which alerts began to fire, and which are over. */
export function describeAlerts(before: State, after: State): Remarks {
  const [was, is] = [fresh(before.alerts)?.firing, fresh(after.alerts)?.firing]
  const reach = onReach(before.alerts, after.alerts, { atMs: after.atMs, source: 'prometheus', who: 'Prometheus' })
  if (is === undefined) return reach
  const begun = is.filter((name) => !was?.includes(name))
  const over = (was ?? []).filter((name) => !is.includes(name))
  return [
    ...reach,
    ...begun.map((name) => ({ level: 'warn' as const, source: 'prometheus', text: `alert ${name} fires` })),
    ...over.map((name) => ({ level: 'good' as const, source: 'prometheus', text: `alert ${name} is over` })),
  ]
}
