import type { Lead } from './lead.ts'
import type { Node, Relay } from './relay.ts'
import type { Rule } from './rule.ts'
import type { StateFile } from './state.ts'
import type { Trouble } from './trouble.ts'

/** Troubles of the sessions: all counted, the last ones kept. */
export class Troubles {
  readonly last: { readonly at: string; readonly node: string; readonly trouble: Trouble }[] = []
  readonly counts = new Map<Trouble['type'], number>()

  constructor(private readonly now: () => Date) {}

  add(trouble: Trouble, node: Node): void {
    this.counts.set(trouble.type, (this.counts.get(trouble.type) ?? 0) + 1)
    this.last.push({ at: this.now().toISOString(), node: node.name, trouble })
    if (this.last.length > 20) this.last.shift()
  }
}

/** What the status is made of. */
export interface Parts {
  readonly nodes: readonly Node[]
  readonly lead: Lead
  readonly file: StateFile
  readonly rule: Rule
  readonly relay: Pick<Relay, 'open' | 'total'>
  readonly troubles: Troubles
}

/** `GET /status`: what the proxy does, what it has done and why. */
export function statusOf({ nodes, lead, file, rule, relay, troubles }: Parts) {
  const { epoch, since, promotions, fences } = file.state
  const decisions = [
    ...promotions.map((promotion) => ({ type: 'promote' as const, ...promotion })),
    ...rule.holds,
  ].sort((a, b) => a.at.localeCompare(b.at))
  return {
    rule: rule.name,
    settings: rule.settings,
    leadsTo: lead.leader.name,
    epoch,
    since,
    why: promotions.at(-1)?.why ?? null,
    nodes,
    promotions,
    decisions,
    fences,
    checks: rule.checks.slice(-10),
    sessions: { open: relay.open, total: relay.total },
    troubles: troubles.last,
  }
}

export type Status = ReturnType<typeof statusOf>

/** `GET /may-start?node=NAME`: whether this node may run as the primary, or whom it follows; null for a stranger. */
export function mayStart({ nodes, lead, file, rule }: Parts, name: string) {
  const { leader } = lead
  const node = nodes.find((each) => each.name === name)
  if (!node) return null
  const role = node.name === leader.name ? 'primary' : 'standby'
  const { epoch, streamedIn } = file.state
  // A leader without data may begin again only while there was never a standby that has a copy.
  const mayInitialise = role === 'primary' && epoch === 0 && streamedIn === null
  return { node: name, role, leader: leader.name, epoch, rule: rule.name, mayInitialise } as const
}
