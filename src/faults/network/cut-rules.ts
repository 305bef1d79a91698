import { tableOf } from './side.ts'

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
  return `nft -f - <<'RULES'
table ${tableOf(faultId)} {
  chain from {
    type filter hook input priority -150; policy accept;
${dropLines(from, 'saddr', 'iifname')}
  }
  chain to {
    type filter hook output priority -150; policy accept;
${dropLines(to, 'daddr', 'oifname')}
  }
}
RULES`
}

/** Commands that print the table for {@link readDrops}. */
export function showRules(faultId: string): string {
  return `nft list table ${tableOf(faultId)}`
}

/** How many packets were dropped on the way in and out, from what `nft list table` prints. */
export function readDrops(text: string): { readonly from: number; readonly to: number } {
  const packets = { from: 0, to: 0 }
  let chain: 'from' | 'to' | null = null
  for (const line of text.split('\n')) {
    chain = (/^\s*chain (from|to) \{/.exec(line)?.[1] as 'from' | 'to' | undefined) ?? chain
    const counted = /counter packets (\d+) bytes \d+ drop/.exec(line)?.[1]
    if (chain !== null && counted !== undefined) packets[chain] += Number(counted)
  }
  return packets
}

/** The matches, one rule each; nft wants its rules on several lines. */
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

function dropLines(others: Others, side: 'saddr' | 'daddr', device: 'iifname' | 'oifname'): string {
  return matches(others, side, device)
    .map((match) => `    ${match} counter drop`)
    .join('\n')
}
