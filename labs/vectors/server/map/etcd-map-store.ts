import type { ShardMap } from './map.ts'
import { MapAway, type MapStore } from './map-store.ts'

interface Range {
  readonly kvs?: readonly { readonly value: string; readonly mod_revision: string }[]
}

/**
 * In etcd, by its HTTP gateway (`/v3/kv`, etcd 3.4 and later). A read asks member after member until one answers; a
 * swap asks the one that answered last, once: a swap without an answer may have been done.
 */
export function etcdMapStore(endpoints: readonly string[], key: string, withinMs: number): MapStore {
  let order = [...endpoints]
  let known: { readonly version: number; readonly revision: string } = { version: 0, revision: '0' }

  const ask = async (endpoint: string | undefined, path: string, body: object): Promise<unknown> => {
    const init = { method: 'POST', body: JSON.stringify(body), redirect: 'error' as const }
    const response = await fetch(`${endpoint}/v3/kv/${path}`, { ...init, signal: AbortSignal.timeout(withinMs) })
    if (!response.ok) throw new Error(`etcd answered ${response.status}`)
    return response.json()
  }
  const askAny = async (path: string, body: object): Promise<unknown> => {
    const causes: unknown[] = []
    for (const endpoint of order) {
      try {
        const answer = await ask(endpoint, path, body)
        order = [endpoint, ...order.filter((each) => each !== endpoint)]
        return answer
      } catch (error) {
        causes.push(error)
      }
    }
    throw new MapAway('no member of etcd has answered', { cause: new AggregateError(causes) })
  }

  return {
    async read() {
      const { kvs } = (await askAny('range', { key: base64(key) })) as Range
      const found = kvs?.[0]
      known = { version: 0, revision: '0' }
      if (!found) return null
      const map = JSON.parse(Buffer.from(found.value, 'base64').toString()) as ShardMap
      known = { version: map.version, revision: found.mod_revision }
      return map
    },
    async swap(map) {
      if (known.version !== map.version - 1) return false
      const swapped = ask(order[0], 'txn', {
        compare: [{ key: base64(key), target: 'MOD', mod_revision: known.revision, result: 'EQUAL' }],
        success: [{ requestPut: { key: base64(key), value: base64(JSON.stringify(map)) } }],
      })
      const answer = await swapped.catch((cause) => {
        throw new MapAway('etcd has not answered; the map may have been written', { cause })
      })
      return (answer as { readonly succeeded?: boolean }).succeeded === true
    },
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')
