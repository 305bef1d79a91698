import { sum } from '../../model/sum.ts'
import { addTable, type Chains, chainIn } from './nft-table.ts'

/** Whose packets are dropped, in one direction. */
export interface Others {
  /** IPv4 addresses. */
  readonly addresses: readonly string[]
  /** Whoever comes through published ports: from the gateways, and from outside the networks. Null: they are let through. */
  readonly clients: { readonly gateways: readonly string[]; readonly subnets: readonly string[] } | null
  /** Everybody; what a container says to itself is left alone. */
  readonly isEverybody: boolean
}

export const nobody: Others = { addresses: [], clients: null, isEverybody: false }

/**
 * Shell commands for a table that drops everything from and to these, of connections that are open as well as of new
 * ones; what is dropped is counted. `from` names the chain for what comes in, `to` that for what goes out.
 */
export function cutRules(faultId: string, { from, to }: { readonly from: Others; readonly to: Others }): string {
  const dropped = (match: string) => `${match} counter drop`
  return addTable(faultId, {
    from: matches(from, 'saddr', 'iifname').map(dropped),
    to: matches(to, 'daddr', 'oifname').map(dropped),
  })
}

/** How many packets were dropped on the way in and out, from what `nft list table` prints. */
export function readDrops(text: string): { readonly from: number; readonly to: number } {
  const dropped = (chain: keyof Chains) =>
    sum(
      [...chainIn(text, chain).matchAll(/counter packets (\d+) bytes \d+ drop/g)].map(([, packets]) => Number(packets)),
    )
  return { from: dropped('from'), to: dropped('to') }
}

/** The matches, one rule each. */
export function matches(
  { addresses, clients, isEverybody }: Others,
  side: 'saddr' | 'daddr',
  device: 'iifname' | 'oifname',
): readonly string[] {
  if (isEverybody) return [`${device} != "lo"`]
  const lines = addresses.length > 0 ? [`ip ${side} { ${addresses.join(', ')} }`] : []
  if (clients === null) return lines
  const { gateways, subnets } = clients
  if (gateways.length > 0) lines.push(`ip ${side} { ${gateways.join(', ')} }`)
  if (subnets.length > 0) lines.push(`${device} != "lo" ip ${side} != { ${subnets.join(', ')} }`)
  return lines
}
