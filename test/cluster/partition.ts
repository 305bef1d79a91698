import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { State } from '../../src/model/state.ts'
import type { TestLab } from './healthy-lab.ts'

/**
 * Cuts a node off from every etcd member and every other node, in both directions, while clients, the proxy and the
 * lab still reach it, until it goes out of scope. Tells the log when the cut is in force, and when it no longer is.
 *
 * It is made at the other nodes too: a host that masquerades its bridge (a rule of a network that is gone does it) lets
 * what they send arrive as if the gateway had sent it, like the clients' own.
 */
export async function cutOff({ lab }: TestLab, node: string): Promise<AsyncDisposable> {
  const state = lab.live.current()
  const nameOf = (part: string) => containerName(state, part)
  const peers = (state.lab?.nodes ?? []).filter((name) => name !== node).map(nameOf)
  const etcd = (state.lab?.etcdMembers ?? []).map(nameOf)
  const target = nameOf(node)
  const removeAll = async () => {
    const removals = await Promise.allSettled([target, ...peers].map(removePartition))
    for (const removal of removals) if (removal.status === 'rejected') throw removal.reason
  }
  const [own, ...others] = await addressesOf([target, ...peers, ...etcd])
  try {
    await Promise.all([dropAll(target, others), ...peers.map((peer) => dropAll(peer, [own as string]))])
  } catch (error) {
    // Of what was begun, some may have taken effect.
    await removeAll().catch(() => {})
    throw error
  }
  const text = 'was cut off from etcd and its peers'
  lab.log.append({ type: 'fault.landed', fault: 'partition', parts: [node], text, isCutFromEtcd: true })
  return {
    async [Symbol.asyncDispose]() {
      await removeAll()
      lab.log.append({ type: 'fault.healed', fault: 'partition', parts: [node] })
    },
  }
}

/** Takes back the cut of a running container, if there is one. */
export async function removePartition(container: string): Promise<void> {
  await nft(container, REMOVE)
}

/** @throws when no container stands behind the part */
export function containerName(state: State, part: string): string {
  const name = state.containers[state.lab?.containerOf[part] ?? '']?.container?.name
  if (name === undefined) throw new Error(`${part} has no container`)
  return name
}

const TABLE = 'inet chaoslab_test_partition'
/** A table that does not exist cannot be deleted, but one that does can be added again. */
const REMOVE = `add table ${TABLE}\ndelete table ${TABLE}\n`

function dropAll(container: string, addresses: readonly string[]): Promise<void> {
  return nft(
    container,
    `${REMOVE}table ${TABLE} {
  set others {
    type ipv4_addr
    elements = { ${addresses.join(', ')} }
  }
  chain from {
    type filter hook input priority 0; policy accept;
    ip saddr @others drop
  }
  chain to {
    type filter hook output priority 0; policy accept;
    ip daddr @others drop
  }
}
`,
  )
}

/** Runs nft in the container's network namespace from a container beside it: the target needs no rights for it. */
async function nft(container: string, rules: string): Promise<void> {
  const beside = ['run', '--rm', '-i', '--network', `container:${container}`, '--cap-add', 'NET_ADMIN']
  await docker([...beside, '--user', 'root', IMAGE, 'nft', '-f', '-'], rules)
}

const IMAGE = 'patroni'

/** In the same order. @throws when one has none, as it does not run, or more than one */
async function addressesOf(containers: readonly string[]): Promise<string[]> {
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}'
  const lines = (await docker(['inspect', '--format', format, ...containers])).trimEnd().split('\n')
  return containers.map((container, index) => {
    const [address, ...more] = lines[index]?.trim().split(' ') ?? []
    if (!address || more.length > 0) throw new Error(`${container} has no address of its own: ${lines[index]}`)
    return address
  })
}

/** @throws with what docker said when it does not succeed within 30 s */
async function docker(args: readonly string[], input = ''): Promise<string> {
  const running = promisify(execFile)('docker', args, { timeout: 30_000 })
  // A command that ended early says why by its exit, not by the broken pipe.
  running.child.stdin?.on('error', () => {}).end(input)
  return (await running).stdout
}
