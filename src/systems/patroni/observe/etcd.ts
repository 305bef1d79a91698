import type { Clock } from '../../../log/clock.ts'
import type { LogAndClock } from '../../../log/event-log.ts'
import { DEADLINE_MS, poll, pollAny, SourceError } from '../../../observe/poll.ts'
import type { EtcdLease, EtcdMember } from '../events.ts'
import { connectEtcd, type EtcdConnection } from './etcd-client.ts'
import { createKeyHistory, type KeyObservation } from './leader-key.ts'

const MEMBER_EVERY_MS = 1_000
const LEASE_EVERY_MS = 1_000
const WATCH_BACKOFF_MS = 500
const SCOPES_EVERY_MS = 500
/** The calls have deadlines of their own; the poll's is for the whole answer. */
const ANSWER_DEADLINE_MS = DEADLINE_MS + 500

interface EtcdSources extends LogAndClock {
  /** Patroni's `namespace`, e.g. `/service/`. */
  readonly prefix: string
  readonly scope: string
  readonly members: readonly { readonly name: string; readonly client: string }[]
  /** For tests; the real thing by default. */
  readonly connect?: (url: string) => EtcdConnection
}

interface Member {
  readonly name: string
  readonly etcd: EtcdConnection
  /** Ends the watch that is under way. */
  dropWatch(): void
}

/**
 * Watches every etcd member by itself each second, the lease under Patroni's leader key each second through any member
 * that answers, and the key through a watch on every member and every read besides: a watch on a member without a
 * quorum is silent. Resolves when `signal` aborts and the connections are closed; never rejects.
 */
export async function observeEtcd(sources: EtcdSources, signal: AbortSignal): Promise<void> {
  const { log, clock, prefix, scope, connect = connectEtcd } = sources
  const members = sources.members.map(({ name, client }) => ({ name, etcd: connect(client), dropWatch() {} }))
  const key = patroniKey(prefix, scope, 'leader')
  const history = createKeyHistory(log)
  let isHeld: boolean | null = null
  const onObservation = (observation: KeyObservation) => {
    isHeld = observation.holder !== null
    if (!signal.aborted) history(observation)
  }

  await Promise.all([
    ...members.map((member) =>
      poll(signal, {
        clock,
        everyMs: MEMBER_EVERY_MS,
        deadlineMs: ANSWER_DEADLINE_MS,
        ask: () => readMember(member, key, onObservation),
        report(reading) {
          // Its watch may hang on a connection that is dead, too.
          if (!reading.ok) member.dropWatch()
          log.append({ type: 'etcd.member', member: member.name, reading })
        },
      }),
    ),
    lookForScopes(sources, members, () => isHeld === false, signal),
    ...members.map((member) => followKey(member, key, onObservation, clock, signal)),
    pollAny(signal, {
      clock,
      everyMs: LEASE_EVERY_MS,
      deadlineMs: ANSWER_DEADLINE_MS,
      sources: members,
      ask: (member) => readLease(member, key, onObservation),
      report: (member, reading) => log.append({ type: 'etcd.lease', via: member.name, reading }),
    }),
  ])
  for (const { etcd } of members) etcd.close()
}

/** The clusters of which there is any key, e.g. `/service/hw3/config`; Patroni's prefix always ends in a slash. */
function scopesIn(prefix: string, keys: readonly string[]): readonly string[] {
  const below = keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length))
  return [...new Set(below.filter((key) => key.includes('/')).map((key) => key.split('/', 1)[0] ?? ''))].sort()
}

/** Says once what there is instead, while the key that is looked for has no holder. */
async function lookForScopes(
  { log, clock, prefix }: EtcdSources,
  members: readonly Member[],
  isWanted: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  const whole = `/${prefix}/`.replace(/\/{2,}/g, '/')
  while (!signal.aborted) {
    const found = isWanted()
      ? await Promise.any(members.map(({ etcd }) => etcd.keysBelow(whole))).catch(() => null)
      : null
    if (signal.aborted) return
    if (found !== null) return void log.append({ type: 'etcd.scopes', prefix: whole, scopes: scopesIn(whole, found) })
    await clock.sleep(SCOPES_EVERY_MS, signal).catch(() => {})
  }
}

/** As Patroni builds it (`AbstractDCS.__init__` in patroni/dcs/__init__.py). */
export function patroniKey(prefix: string, scope: string, name: string): string {
  return `/${prefix}/${scope}/${name}`.replace(/\/{2,}/g, '/')
}

async function readMember(
  member: Member,
  key: string,
  onObservation: (observation: KeyObservation) => void,
): Promise<EtcdMember> {
  const [status, read] = await Promise.allSettled([member.etcd.status(), readKey(member, key, onObservation)])
  if (status.status === 'rejected') throw status.reason
  const hasQuorum = read.status === 'fulfilled'
  // An election or its loss while the read was waiting: the status is the older of the two then.
  const isOutdated = hasQuorum !== (status.value.leaderId !== null)
  const current = isOutdated ? await member.etcd.status() : status.value
  return { ...current, isLeader: current.leaderId === current.id, hasQuorum }
}

async function readLease(
  member: Member,
  key: string,
  onObservation: (observation: KeyObservation) => void,
): Promise<EtcdLease | null> {
  const { value: holder, leaseId } = await readKey(member, key, onObservation)
  if (holder === null) return null
  if (leaseId === null) throw new SourceError('no lease on the key')
  const lease = await member.etcd.readLease(leaseId)
  // A lease that went between the two questions took the key with it.
  return lease === null ? null : { holder, leaseId, ...lease }
}

async function readKey({ name, etcd }: Member, key: string, onObservation: (observation: KeyObservation) => void) {
  const read = await etcd.readKey(key)
  onObservation({ holder: read.value, revision: read.revision, via: name, seenBy: 'poll' })
  return read
}

/** Keeps one watch going: each new one continues where the last one stopped, and reads the key besides. */
async function followKey(
  member: Member,
  key: string,
  onObservation: (observation: KeyObservation) => void,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let fromRevision: number | null = null
  while (!signal.aborted) {
    const dropped = new AbortController()
    member.dropWatch = () => dropped.abort()
    try {
      await member.etcd.watchKey(
        {
          key,
          fromRevision,
          onStart(storeRevision) {
            fromRevision ??= storeRevision + 1
            readKey(member, key, onObservation).catch(() => {})
          },
          onChange(holder, revision) {
            fromRevision = revision + 1
            onObservation({ holder, revision, via: member.name, seenBy: 'watch' })
          },
        },
        AbortSignal.any([signal, dropped.signal]),
      )
    } catch (error) {
      // The revision to go on from is no longer kept; what is there now is read when the next watch begins.
      if ((error as { code?: unknown }).code === 'cancelled') fromRevision = null
    }
    await clock.sleep(WATCH_BACKOFF_MS, signal).catch(() => {})
  }
}
