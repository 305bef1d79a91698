import { z } from 'zod'
import type { PatroniDefinition } from '../definition.ts'
import type { EtcdControl } from './control.ts'

/*
 * etcd's HTTP gateway (etcd 3.5, "gRPC gateway"): POST /v3/kv/…, keys and values in base64, numbers as text, and what
 * has its default value left out.
 */

const TIMEOUT_MS = 3_000

const rangeSchema = z.object({
  kvs: z
    .array(z.object({ value: z.string().default(''), mod_revision: z.coerce.number(), lease: z.string().optional() }))
    .default([]),
})
const leaseSchema = z.object({ grantedTTL: z.coerce.number().default(0), TTL: z.coerce.number().default(0) })
const txnSchema = z.object({ header: z.object({ revision: z.coerce.number() }), succeeded: z.boolean().default(false) })

/** Patroni's keys below `prefix` + `scope`. */
export function etcdControl({ prefix, members }: PatroniDefinition['etcd'], scope: string): EtcdControl {
  const pathOf = (key: string) => base64(`/${prefix}/${scope}/${key}`.replace(/\/{2,}/g, '/'))
  return {
    async get(key, signal) {
      const [found] = rangeSchema.parse(await ask(members, 'kv/range', { key: pathOf(key) }, signal)).kvs
      if (found === undefined) return null
      const { lease, value, mod_revision: modRevision } = found
      return { value: Buffer.from(value, 'base64').toString('utf8'), modRevision, ...(lease && { leaseId: lease }) }
    },
    async readLease(leaseId, signal) {
      const lease = leaseSchema.parse(await ask(members, 'lease/timetolive', { ID: leaseId }, signal))
      // One that etcd does not know has TTL -1 and no grant.
      return lease.grantedTTL === 0
        ? null
        : { grantedSeconds: lease.grantedTTL, remainingSeconds: Math.max(0, lease.TTL) }
    },
    async remove(key, { modRevision }, signal) {
      const isSame = { key: pathOf(key), target: 'MOD', result: 'EQUAL', mod_revision: String(modRevision) }
      const request = { compare: [isSame], success: [{ request_delete_range: { key: pathOf(key) } }] }
      const { header, succeeded } = txnSchema.parse(await ask(members, 'kv/txn', request, signal))
      return succeeded ? header.revision : null
    },
  }
}

/** Asks one member after the other. @throws with every member's refusal */
async function ask(
  members: PatroniDefinition['etcd']['members'],
  what: string,
  body: object,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const refusals: string[] = []
  for (const { name, client } of members) {
    try {
      const response = await fetch(new URL(`/v3/${what}`, client), {
        method: 'POST',
        body: JSON.stringify(body),
        signal: AbortSignal.any([...(signal ? [signal] : []), AbortSignal.timeout(TIMEOUT_MS)]),
      })
      if (response.ok) return await response.json()
      await response.body?.cancel()
      refusals.push(`${name}: HTTP ${response.status}`)
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      refusals.push(`${name}: ${(error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name}`)
    }
  }
  throw new Error(`no etcd member answers (${refusals.join('; ')})`)
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
