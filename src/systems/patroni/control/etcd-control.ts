import { shortError } from '../../../observe/poll.ts'
import type { PatroniDefinition } from '../definition.ts'
import { patroniKey } from '../observe/etcd.ts'
import { connectEtcd, type EtcdConnection } from '../observe/etcd-client.ts'
import type { EtcdControl } from './control.ts'

const TIMEOUT_MS = 3_000

/** Patroni's keys below `prefix` + `scope`. */
export function etcdControl({ prefix, members }: PatroniDefinition['etcd'], scope: string): EtcdControl {
  const all = members.map(({ name, client }) => ({ name, etcd: connectEtcd(client, TIMEOUT_MS) }))
  const keyOf = (name: string) => patroniKey(prefix, scope, name)
  return {
    async get(name, signal) {
      const { value, revision, leaseId } = await firstOf(all, signal, (etcd) => etcd.readKey(keyOf(name), signal))
      return value === null ? null : { value, modRevision: revision, ...(leaseId !== null && { leaseId }) }
    },
    readLease: (leaseId, signal) => firstOf(all, signal, (etcd) => etcd.readLease(leaseId, signal)),
    remove: (name, { modRevision }, signal) =>
      firstOf(all, signal, (etcd) => etcd.removeKey(keyOf(name), modRevision, signal)),
  }
}

/** Asks one member after the other. @throws with every member's refusal */
async function firstOf<T>(
  members: readonly { readonly name: string; readonly etcd: EtcdConnection }[],
  signal: AbortSignal | undefined,
  ask: (etcd: EtcdConnection) => Promise<T>,
): Promise<T> {
  const refusals: string[] = []
  for (const { name, etcd } of members) {
    try {
      return await ask(etcd)
    } catch (error) {
      signal?.throwIfAborted()
      refusals.push(`${name}: ${shortError(error)}`)
    }
  }
  throw new Error(`no etcd member answers (${refusals.join('; ')})`)
}
