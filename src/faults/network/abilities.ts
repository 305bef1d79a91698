import type { World } from '../world.ts'
import { NO_TOOLS, SIDE_LABEL } from './side.ts'

/** What a network fault needs of the kernel under the Docker engine. */
export type NetworkAbility = 'nft' | 'nft-chance' | 'nft-limit' | 'tbf' | 'netem'

const RULE = (rule: string) =>
  `printf 'table inet try {\\n chain from {\\n type filter hook input priority -150; policy accept;\\n ${rule}\\n }\\n}\\n' | nft -f -`

const ABILITIES: Record<NetworkAbility, { readonly attempt: string; readonly lack: string }> = {
  nft: {
    attempt: RULE('iifname != "lo" ip saddr { 192.0.2.1 } counter drop'),
    lack: 'this kernel has no nftables: modprobe nf_tables on the Docker host',
  },
  'nft-chance': {
    attempt: RULE('numgen random mod 10000 < 100 counter drop'),
    lack: 'this kernel has no nft_numgen: modprobe nft_numgen on the Docker host',
  },
  'nft-limit': {
    attempt: RULE('limit rate over 100 kbytes/second burst 64 kbytes counter drop'),
    lack: 'this kernel has no nft_limit: modprobe nft_limit on the Docker host',
  },
  tbf: {
    attempt: 'tc qdisc add dev lo root tbf rate 1mbit burst 16kb latency 50ms',
    lack: 'this kernel has no sch_tbf: modprobe sch_tbf on the Docker host',
  },
  netem: {
    attempt: 'tc qdisc add dev lo root netem delay 1ms',
    lack: 'this kernel has no sch_netem: modprobe sch_netem on the Docker host',
  },
}

/** What was seen to work, by whoever runs the containers. What failed is tried again: it may have been put right. */
const seen = new WeakMap<object, Set<NetworkAbility>>()

/**
 * Why a fault that needs this cannot be injected here, found out by trying it in a network of its own with nothing
 * in it; null when it can.
 */
export async function whyNot(ability: NetworkAbility, world: World, signal: AbortSignal): Promise<string | null> {
  const { containers, toolsImage, mark } = world
  if (toolsImage === null) return NO_TOOLS
  const known = seen.get(containers) ?? new Set()
  if (known.has(ability)) return null
  const { attempt, lack } = ABILITIES[ability]
  const command = ['bash', '-c', attempt]
  const { code } = await containers.runAlone({ image: toolsImage, labels: { [SIDE_LABEL]: mark }, command }, signal)
  if (code === NOT_FOUND) return `the image ${toolsImage} lacks nft or tc: name another one as docker.tools`
  if (code !== 0) return lack
  seen.set(containers, known.add(ability))
  return null
}

/** Of a command that there is not, as shells have it. */
const NOT_FOUND = 127
