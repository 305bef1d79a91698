import { onReach, type Remarks } from './remark.ts'
import type { State } from './state.ts'

/** What changed in what PostgreSQL itself says. */
export function describePostgres(before: State, node: string, after: State): Remarks {
  const [was, is] = [before.nodes[node]?.postgres, after.nodes[node]?.postgres]
  const reach = onReach(was, is, { atMs: after.atMs, source: node, who: 'PostgreSQL' })
  if (!was?.value || !is?.value) return reach
  if (was.value.isInRecovery && !is.value.isInRecovery) {
    const timeline = is.value.timeline === null ? '' : ` (timeline ${is.value.timeline})`
    return [...reach, { level: 'good', source: node, text: `PostgreSQL left recovery, it takes writes${timeline}` }]
  }
  if (!was.value.isInRecovery && is.value.isInRecovery) {
    return [...reach, { level: 'warn', source: node, text: 'PostgreSQL is in recovery, it takes no writes' }]
  }
  return reach
}
