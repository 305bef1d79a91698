import { z } from 'zod'
import { httpSource } from '../../../observe/http-source.ts'
import { DEADLINE_MS, SourceError } from '../../../observe/poll.ts'
import { parseAs } from '../../../observe/poll-server.ts'
import type { EtcdLease, EtcdMember } from '../events.ts'

/** One etcd member, as plain data: int64 fields are numbers, ids are hex as etcdctl prints them. */
export interface EtcdConnection {
  /** The member's own view; answered without a quorum. */
  status(): Promise<EtcdStatus>
  /** A linearizable read: answered with a quorum only. */
  readKey(key: string, signal?: AbortSignal): Promise<KeyRead>
  /** The names of the keys that begin with this, the first thousand; answered with a quorum only. */
  keysBelow(prefix: string): Promise<readonly string[]>
  /** Deletes the key if that revision wrote it. @returns the revision of that; null when it has changed since */
  removeKey(key: string, revision: number, signal?: AbortSignal): Promise<number | null>
  /** Null when there is no such lease (any more). */
  readLease(leaseId: string, signal?: AbortSignal): Promise<LeaseRead | null>
  /**
   * Follows one key until the stream ends, which it does by resolving or rejecting; a cancelled watch (its revision was
   * compacted) rejects with the code `cancelled`.
   */
  watchKey(watch: KeyWatch, signal: AbortSignal): Promise<void>
  close(): void
}

type EtcdStatus = Omit<EtcdMember, 'isLeader' | 'hasQuorum'>

export interface KeyRead {
  /** Null when there is no such key. */
  readonly value: string | null
  /** The revision that wrote the key; without a key, that of the whole store at the time of the read. */
  readonly revision: number
  /** Null when there is no key, or no lease on it. */
  readonly leaseId: string | null
}

/** In whole seconds, rounded down. */
export type LeaseRead = Pick<EtcdLease, 'grantedTtlSeconds' | 'remainingSeconds'>

export interface KeyWatch {
  readonly key: string
  /** The first revision wanted; null for all from now on. */
  readonly fromRevision: number | null
  /** The watch is in place as of this revision of the store. */
  onStart(storeRevision: number): void
  /** Null for a deletion. */
  onChange(value: string | null, revision: number): void
}

/**
 * One member by its HTTP gateway ("gRPC gateway", etcd 3.4 and later), which Patroni itself goes through: keys and
 * values are in base64, 64-bit numbers are text, and what has its default value is left out.
 * Every call has a deadline, a length of time on the clock of Node's timers, which nobody can set: a paused member keeps
 * its sockets open and says nothing.
 */
export function connectEtcd(url: string, deadlineMs = DEADLINE_MS): EtcdConnection {
  const http = httpSource(url)

  async function ask<T>(what: string, schema: z.ZodType<T>, body: object, signal?: AbortSignal): Promise<T> {
    const call = new AbortController()
    const limit = setTimeout(() => call.abort(new SourceError('timeout')), deadlineMs)
    const onAbort = () => call.abort(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      signal?.throwIfAborted()
      const answer = await http.post(call.signal, `v3/${what}`, body)
      if (answer.status !== 200) throw new SourceError(`HTTP ${answer.status}`)
      return parseAs(schema, answer.body)
    } catch (error) {
      call.signal.throwIfAborted()
      throw error
    } finally {
      clearTimeout(limit)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  return {
    async status() {
      const { header, version, leader, raftTerm, dbSize } = await ask('maintenance/status', statusSchema, {})
      const leaderId = leader === '0' ? null : toHex(leader)
      return {
        id: toHex(header.member_id),
        version,
        leaderId,
        term: raftTerm,
        revision: header.revision,
        dbSizeBytes: dbSize,
      }
    },
    async readKey(key, signal) {
      const { kvs, header } = await ask('kv/range', rangeSchema, { key: toBase64(key) }, signal)
      const [kv] = kvs
      if (kv === undefined) return { value: null, revision: header.revision, leaseId: null }
      return { value: kv.value, revision: kv.mod_revision, leaseId: kv.lease === '0' ? null : toHex(kv.lease) }
    },
    async keysBelow(prefix) {
      const end = Buffer.from(prefix)
      // The range ends before the first key that no longer begins with it.
      end[end.length - 1] = (end.at(-1) ?? 0) + 1
      const range = { key: toBase64(prefix), range_end: end.toString('base64'), keys_only: true, limit: 1_000 }
      return (await ask('kv/range', rangeSchema, range)).kvs.map(({ key }) => key)
    },
    async removeKey(key, revision, signal) {
      const isSame = { key: toBase64(key), target: 'MOD', result: 'EQUAL', mod_revision: String(revision) }
      const request = { compare: [isSame], success: [{ request_delete_range: { key: toBase64(key) } }] }
      const { header, succeeded } = await ask('kv/txn', txnSchema, request, signal)
      return succeeded ? header.revision : null
    },
    async readLease(leaseId, signal) {
      const body = { ID: BigInt(`0x${leaseId}`).toString() }
      const { grantedTTL, TTL } = await ask('lease/timetolive', leaseSchema, body, signal)
      // etcd answers TTL -1 and no grant for a lease that it does not know.
      return grantedTTL === 0 ? null : { grantedTtlSeconds: grantedTTL, remainingSeconds: Math.max(0, TTL) }
    },
    async watchKey({ key, fromRevision, onStart, onChange }, signal) {
      const late = new AbortController()
      const timer = setTimeout(() => late.abort(new SourceError('timeout')), deadlineMs)
      const from = fromRevision === null ? {} : { start_revision: String(fromRevision) }
      const request = { create_request: { key: toBase64(key), ...from } }
      try {
        for await (const line of http.follow(AbortSignal.any([signal, late.signal]), 'v3/watch', request)) {
          const { result } = parseAs(watchSchema, line)
          if (result.canceled) throw new SourceError('cancelled')
          if (result.created) {
            clearTimeout(timer)
            onStart(result.header.revision)
          }
          for (const { type, kv } of result.events) onChange(type === 'DELETE' ? null : kv.value, kv.mod_revision)
        }
      } catch (error) {
        if (!signal.aborted) throw error
      } finally {
        clearTimeout(timer)
      }
    },
    close: http.close,
  }
}

const int = z.coerce.number()
const id = z.string().default('0')
const text = z
  .string()
  .default('')
  .transform((value) => Buffer.from(value, 'base64').toString('utf8'))
const header = z.object({ revision: int.default(0), member_id: id })
const keyValue = z.object({ key: text, value: text, mod_revision: int.default(0), lease: id })

const statusSchema = z.object({
  header,
  version: z.string(),
  leader: id,
  raftTerm: int.default(0),
  dbSize: int.default(0),
})
const rangeSchema = z.object({ header, kvs: z.array(keyValue).default([]) })
const txnSchema = z.object({ header, succeeded: z.boolean().default(false) })
const leaseSchema = z.object({ grantedTTL: int.default(0), TTL: int.default(0) })
const event = z.object({ type: z.enum(['PUT', 'DELETE']).default('PUT'), kv: keyValue })
const watchSchema = z.object({
  result: z.object({
    header,
    created: z.boolean().default(false),
    canceled: z.boolean().default(false),
    events: z.array(event).default([]),
  }),
})

export function toBase64(value: string): string {
  return Buffer.from(value).toString('base64')
}

function toHex(decimal: string): string {
  return BigInt(decimal).toString(16)
}
