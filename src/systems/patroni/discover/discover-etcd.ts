import { z } from 'zod'
import type { Neighbour } from '../../../docker/neighbours.ts'
import type { Address } from '../../../model/address.ts'
import { toBase64 } from '../observe/etcd-client.ts'
import { ask, askJson, urlOf, waysTo } from './reach.ts'

export interface FoundEtcd {
  /** Patroni's `namespace`. */
  readonly prefix: string
  /** Whether Patroni's keys of this scope were found below it. */
  readonly isProven: boolean
  readonly members: readonly { readonly name: string; readonly container: Neighbour | null; readonly client: Address }[]
}

interface Where {
  readonly scope: string
  readonly hosts: readonly string[]
  readonly neighbours: readonly Neighbour[]
}

const CLIENT_PORT = 2379

const membersSchema = z.object({
  members: z.array(z.object({ name: z.string().default(''), clientURLs: z.array(z.string()).default([]) })),
})
const keysSchema = z.object({ kvs: z.array(z.object({ key: z.string() })).default([]) })

/** By etcd's own list of members, asked of the first of them that is found, beside the nodes or on their hosts. */
export async function discoverEtcd(
  { scope, hosts, neighbours }: Where,
  signal: AbortSignal,
): Promise<FoundEtcd | null> {
  const beside = neighbours.flatMap((each) => waysTo(each, CLIENT_PORT))
  const elsewhere = hosts.map((host) => ({ host, port: CLIENT_PORT }))
  const proven = await firstWith(scope, [...beside, ...elsewhere], signal)
  const found = proven?.etcd ?? (await firstEtcd(beside, signal))
  if (found === null) return null
  const listed = membersSchema.safeParse(await askJson(urlOf(found, '/v3/cluster/member/list'), signal, {})).data
  const members = await Promise.all(
    (listed?.members ?? []).map(async ({ name, clientURLs }) => {
      const urls = clientURLs.map((url) => new URL(url))
      const container =
        neighbours.find((each) =>
          urls.some(({ hostname }) => each.addresses.includes(hostname) || each.name === hostname),
        ) ?? null
      const port = Number(urls[0]?.port) || CLIENT_PORT
      const own = urls.map(({ hostname }) => ({ host: hostname, port }))
      const client = await firstEtcd([...(container === null ? [] : waysTo(container, port)), ...own], signal)
      return { name, container, client: client ?? own[0] ?? found }
    }),
  )
  return { prefix: proven?.prefix ?? '/service/', isProven: proven !== null, members }
}

/** The first that holds Patroni's keys of this cluster: on the same host there may be the etcd of another. */
async function firstWith(scope: string, ways: readonly Address[], signal: AbortSignal) {
  for (const way of ways) {
    const etcd = await firstEtcd([way], signal)
    const prefix = etcd === null ? null : await prefixOf(scope, etcd, signal)
    if (etcd !== null && prefix !== null) return { etcd, prefix }
  }
  return null
}

async function firstEtcd(ways: readonly Address[], signal: AbortSignal): Promise<Address | null> {
  for (const way of ways) {
    if ((await ask(urlOf(way, '/version'), signal))?.includes('etcdserver')) return way
  }
  return null
}

/** What stands before `SCOPE/config`, in the usual place or among the first thousand keys. */
async function prefixOf(scope: string, etcd: Address, signal: AbortSignal): Promise<string | null> {
  const usual = ['/service/', '/db/']
  for (const prefix of usual) {
    const found = await keys(etcd, `${prefix}${scope}/`, `${prefix}${scope}0`, signal)
    if (found.length > 0) return prefix
  }
  const end = `/${scope}/config`
  const any = (await keys(etcd, '/', '0', signal)).find((key) => key.endsWith(end))
  return any === undefined ? null : any.slice(0, any.length - end.length + 1)
}

async function keys(etcd: Address, from: string, to: string, signal: AbortSignal): Promise<readonly string[]> {
  const range = { key: toBase64(from), range_end: toBase64(to), keys_only: true, limit: '1000' }
  const found = keysSchema.safeParse(await askJson(urlOf(etcd, '/v3/kv/range'), signal, range)).data
  return (found?.kvs ?? []).map(({ key }) => Buffer.from(key, 'base64').toString('utf8'))
}
