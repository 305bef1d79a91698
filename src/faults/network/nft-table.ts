/** The fault's own table, in the network of every container or host that it changes. */
export function tableOf(faultId: string): string {
  return `inet chaoslab_${faultId}`
}

/** The lines of each chain: `from` for what comes in, `to` for what goes out. nft wants its rules on several lines. */
export interface Chains {
  readonly from: readonly string[]
  readonly to: readonly string[]
}

/** Shell commands that add the fault's table. */
export function addTable(faultId: string, { from, to }: Chains): string {
  return `nft -f - <<'RULES'
table ${tableOf(faultId)} {
  chain from {
    type filter hook input priority -150; policy accept;
${indented(from)}
  }
  chain to {
    type filter hook output priority -150; policy accept;
${indented(to)}
  }
}
RULES`
}

function indented(rules: readonly string[]): string {
  return rules.map((rule) => `    ${rule}`).join('\n')
}

/** Shell commands that print it. */
export function showTable(faultId: string): string {
  return `nft list table ${tableOf(faultId)}`
}

/** Shell commands that print its name where it is, and nothing where it is not. */
export function lookForTable(faultId: string): string {
  return `nft list tables | { grep -F '${tableOf(faultId)}' || true; }`
}

/** One chain of what {@link showTable} prints. */
export function chainIn(shown: string, chain: keyof Chains): string {
  return shown.split(/^\s*chain /m).find((each) => each.startsWith(`${chain} {`)) ?? ''
}
