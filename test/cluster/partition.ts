import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { State } from '../../src/model/state.ts'
import type { TestLab } from './healthy-lab.ts'

/** A cut that is in force until it is healed; going out of scope heals it too. */
export interface Partition extends AsyncDisposable {
  heal(): Promise<void>
}

/**
 * Cuts a node off from every etcd member and every other node, in both directions, while clients, the proxy and the
 * lab still reach it. Tells the log when the cut is in force, and when it no longer is.
 */
export async function cutOff({ lab }: TestLab, node: string): Promise<Partition> {
  const state = lab.live.current()
  const others = [...(state.lab?.etcdMembers ?? []), ...(state.lab?.nodes ?? [])].filter((name) => name !== node)
  const target = containerName(state, node)
  const addresses = await addressesOf(others.map((name) => containerName(state, name)))
  let isHealed = false
  const heal = async () => {
    if (isHealed) return
    await removePartition(target)
    isHealed = true
    lab.log.append({ type: 'fault.healed', fault: 'partition', parts: [node] })
  }
  try {
    await nft(target, `${REMOVE}${dropAll(addresses)}`)
  } catch (error) {
    // A command that was given up may have taken effect all the same.
    await removePartition(target).catch(() => {})
    throw error
  }
  const text = 'was cut off from etcd and its peers'
  lab.log.append({ type: 'fault.landed', fault: 'partition', parts: [node], text, isCutFromEtcd: true })
  return { heal, [Symbol.asyncDispose]: heal }
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

function dropAll(addresses: readonly string[]): string {
  return `table ${TABLE} {
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
`
}

/** Runs nft in the container's network namespace from a container beside it: the target needs no rights for it. */
async function nft(container: string, rules: string): Promise<void> {
  const beside = ['run', '--rm', '-i', '--network', `container:${container}`, '--cap-add', 'NET_ADMIN']
  await docker([...beside, '--user', 'root', IMAGE, 'nft', '-f', '-'], rules)
}

const IMAGE = 'patroni'

async function addressesOf(containers: readonly string[]): Promise<string[]> {
  const format = '{{range .NetworkSettings.Networks}}{{println .IPAddress}}{{end}}'
  const addresses = (await docker(['inspect', '--format', format, ...containers])).split(/\s+/).filter(Boolean)
  if (addresses.length < containers.length) throw new Error(`of ${containers.join(', ')} only ${addresses} are known`)
  return addresses
}

/** @throws with what docker said when it does not succeed within 30 s */
async function docker(args: readonly string[], input = ''): Promise<string> {
  const running = promisify(execFile)('docker', args, { timeout: 30_000 })
  // A command that ended early says why by its exit, not by the broken pipe.
  running.child.stdin?.on('error', () => {}).end(input)
  return (await running).stdout
}
