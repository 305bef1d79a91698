import type { Lead } from './lead.ts'
import type { Rule } from './rule.ts'

/**
 * The first trouble of any session promotes the standby, once, for good: it asks nobody whether the primary is really
 * gone, keeps nobody from writing to it, and knows no way back.
 */
export function naiveRule(lead: Lead, first: string): Rule {
  return {
    name: 'naive',
    settings: null,
    checks: [],
    holds: [],
    onTrouble: (trouble) => {
      if (lead.leader.name === first && lead.hasServed) void lead.change(trouble)
    },
  }
}
