import { Etcd3, GRPCDeadlineExceededError, GRPCUnavailableError, type IOptions, type IWatchResponse } from 'etcd3'
import { DEADLINE_MS, SourceError } from '../../../observe/poll.ts'
import type { EtcdLease, EtcdMember } from '../events.ts'

/** One etcd member, as plain data: int64 fields are numbers, ids are hex as etcdctl prints them. */
export interface EtcdConnection {
  /** The member's own view; answered without a quorum. */
  status(): Promise<EtcdStatus>
  /** A linearizable read: answered with a quorum only. */
  readKey(key: string): Promise<KeyRead>
  /** The names of the keys that begin with this, the first thousand; answered with a quorum only. */
  keysBelow(prefix: string): Promise<readonly string[]>
  /** Null when there is no such lease (any more). */
  readLease(leaseId: string): Promise<LeaseRead | null>
  /**
   * Follows one key until the stream ends, which it does by resolving or rejecting; a cancelled watch (its revision was
   * compacted) rejects with the code `cancelled`.
   */
  watchKey(watch: KeyWatch, signal: AbortSignal): Promise<void>
  close(): void
}

export type EtcdStatus = Omit<EtcdMember, 'isLeader' | 'hasQuorum'>

export interface KeyRead {
  /** Null when there is no such key. */
  readonly value: string | null
  /** The revision that wrote the key; without a key, that of the whole store at the time of the read. */
  readonly revision: number
  /** Null when there is no key, or no lease on it. */
  readonly leaseId: string | null
}

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
 * A client of one member only, since the package would ask a random one of several.
 * Every call has a deadline, and the connection is pinged: a paused member keeps its sockets open and says nothing.
 */
export function connectEtcd(url: string): EtcdConnection {
  const client = new Etcd3({
    hosts: url.replace(/\/+$/, ''),
    grpcOptions: {
      // etcd takes pings more frequent than every 5 s for an attack.
      'grpc.keepalive_time_ms': 6_000,
      'grpc.keepalive_timeout_ms': 3_000,
      // gRPC's own backoff would grow to two minutes, and a member that came back would look dead meanwhile.
      'grpc.initial_reconnect_backoff_ms': 250,
      'grpc.max_reconnect_backoff_ms': 1_000,
      'grpc.enable_http_proxy': 0,
      'grpc.enable_channelz': 0,
      'grpc.enable_retries': 0,
    },
    defaultCallOptions: (call) => (call.isStream ? {} : { interceptors: [endInTime] }),
    faultHandling: { host: () => once, global: once },
  })

  return {
    async status() {
      const status = await named(client.maintenance.status())
      return {
        id: toHex(status.header.member_id),
        version: status.version,
        leaderId: status.leader === '0' ? null : toHex(status.leader),
        term: Number(status.raftTerm),
        revision: Number(status.header.revision),
        dbSizeBytes: Number(status.dbSize),
      }
    },
    async readKey(key) {
      const { kvs, header } = await named(client.kv.range({ key: Buffer.from(key) }))
      const [kv] = kvs
      if (kv === undefined) return { value: null, revision: Number(header.revision), leaseId: null }
      const leaseId = kv.lease === '0' ? null : toHex(kv.lease)
      return { value: kv.value.toString('utf8'), revision: Number(kv.mod_revision), leaseId }
    },
    async keysBelow(prefix) {
      const [key, end] = [Buffer.from(prefix), Buffer.from(prefix)]
      // The range ends before the first key that no longer begins with it.
      end[end.length - 1] = (end.at(-1) ?? 0) + 1
      const { kvs } = await named(client.kv.range({ key, range_end: end, keys_only: true, limit: 1_000 }))
      return kvs.map((kv) => kv.key.toString('utf8'))
    },
    async readLease(leaseId) {
      const lease = await named(client.leaseClient.leaseTimeToLive({ ID: BigInt(`0x${leaseId}`).toString() }))
      const grantedTtlSeconds = Number(lease.grantedTTL)
      // etcd answers TTL -1 and no grant for a lease that it does not know.
      if (grantedTtlSeconds === 0) return null
      return { grantedTtlSeconds, remainingSeconds: Math.max(0, Number(lease.TTL)) }
    },
    watchKey: (watch, signal) => watchKey(client, watch, signal),
    close: () => client.close(),
  }
}

/**
 * gRPC's own deadline is a time of the wall clock: set that clock forward, and a member that is well "does not answer".
 * This one is a length of time, on the clock of Node's timers, which nobody can set.
 */
const endInTime: Interceptor = (options, nextCall) => {
  const call = nextCall(options)
  const timer = setTimeout(() => call.cancelWithStatus(DEADLINE_EXCEEDED, 'no answer in time'), DEADLINE_MS)
  const start = call.start.bind(call)
  call.start = (metadata, listener) =>
    start(metadata, {
      ...listener,
      onReceiveStatus(status) {
        clearTimeout(timer)
        listener?.onReceiveStatus?.(status)
      },
    })
  return call as ReturnType<Interceptor>
}
type CallOptions = Exclude<IOptions['defaultCallOptions'], undefined | ((...given: never) => unknown)>
type Interceptor = NonNullable<CallOptions['interceptors']>[number]

/** gRPC's status code for a call that took too long. */
const DEADLINE_EXCEEDED = 4

/**
 * Neither retries nor a circuit breaker: the observer asks again anyway, and the package's breaker would blind it for
 * five seconds after a member came back. It must reject and never throw: the package calls it from event handlers.
 */
const once = { execute: async (call: (context: object) => unknown) => call({}) } as unknown as Policy
type Policy = NonNullable<NonNullable<IOptions['faultHandling']>['global']>

/** On the stream itself rather than by the package's watcher, which cannot be cancelled while its member is silent. */
async function watchKey(
  client: Etcd3,
  { key, fromRevision, onStart, onChange }: KeyWatch,
  signal: AbortSignal,
): Promise<void> {
  const stream = await named(client.watchClient.watch())
  const over = Promise.withResolvers<void>()
  const cancel = () => {
    stream.cancel()
    over.resolve()
  }
  stream.on('data', (response: IWatchResponse) => {
    if (response.canceled) return over.reject(new SourceError('cancelled'))
    try {
      if (response.created) onStart(Number(response.header.revision))
      for (const { type, kv } of response.events) {
        onChange(type === 'Delete' ? null : kv.value.toString('utf8'), Number(kv.mod_revision))
      }
    } catch (error) {
      // Thrown on into the stream it would end the process.
      over.reject(error)
    }
  })
  stream.on('error', (error) => over.reject(error))
  stream.on('end', () => over.resolve())
  if (signal.aborted) cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    stream.write({
      create_request: { key: Buffer.from(key), ...(fromRevision === null ? {} : { start_revision: fromRevision }) },
    } as Parameters<typeof stream.write>[0])
    await over.promise
  } finally {
    signal.removeEventListener('abort', cancel)
    stream.cancel()
  }
}

/** The package's error classes carry no code: gives them one. */
async function named<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof GRPCDeadlineExceededError) throw new SourceError('timeout')
    if (error instanceof GRPCUnavailableError) throw new SourceError('unavailable')
    throw error
  }
}

function toHex(decimal: string): string {
  return BigInt(decimal).toString(16)
}
