import type { Unproven } from '../../../model/explained.ts'
import { listOf } from '../../../model/predicate.ts'
import { formatClock } from '../../../model/units.ts'
import type { Cause, Check, Proof } from './cause.ts'
import type { Phase } from './phases.ts'

/** What the wait for a moment is called. */
export function phaseName({ awaited, part, cause, isSteadying }: Phase): string {
  switch (awaited) {
    case 'fault':
      return `${part} fails too`
    case 'last-ack':
      return 'clients are still served'
    case 'key-gone':
      if (cause?.type === 'ttl') return 'the leader key expires'
      return cause === null ? 'the leader key goes' : 'the leader shuts down and releases its key'
    case 'key-taken':
      return part === null ? 'somebody takes the leader key' : `${part} takes the leader key`
    case 'promoted':
      return `PostgreSQL${part === null ? '' : ` on ${part}`} comes out of recovery`
    case 'proxy-up':
      return part === null ? 'the proxy leads to the leader' : `the proxy marks ${part} UP`
    case 'replica-up':
      return part === null ? 'the proxy has a replica' : `the proxy marks ${part} UP for reads`
    case 'proxy-back':
      return 'the proxy answers again'
    case 'quorum-regained':
      return 'etcd has a quorum again'
    case 'lifted':
      return part === null ? 'the fault is taken back' : `${part} is brought back`
    case 'flicker':
    case 'first-ack':
      return isSteadying ? 'acknowledgements become steady' : 'clients get through'
    case 'streaming':
      return part === null ? 'the old leader streams again' : `${part} streams again`
    case 'healthy':
      return 'all members are healthy'
    default:
      return awaited
  }
}

/** The same in at most sixteen cells, without the names of the nodes. */
export function shortPhaseName({ awaited, cause, isSteadying }: Phase): string {
  switch (awaited) {
    case 'fault':
      return 'fails too'
    case 'last-ack':
      return 'still served'
    case 'key-gone':
      return cause === null ? 'key goes' : cause.type === 'ttl' ? 'key expires' : 'key released'
    case 'key-taken':
      return 'key taken'
    case 'promoted':
      return 'out of recovery'
    case 'proxy-up':
      return 'proxy marks UP'
    case 'replica-up':
      return 'replica UP'
    case 'proxy-back':
      return 'proxy answers'
    case 'quorum-regained':
      return 'etcd quorum'
    case 'lifted':
      return 'brought back'
    case 'flicker':
    case 'first-ack':
      return isSteadying ? 'acks steady' : 'clients through'
    case 'streaming':
      return 'streams again'
    case 'healthy':
      return 'all healthy'
    default:
      return awaited
  }
}

/** What governs a phase; of one that nobody could prove, that it is not known, and why. Null without a cause. */
export function tellCause({ cause, unproven }: Pick<Phase, 'cause' | 'unproven'>): string | null {
  if (cause === null) return null
  const text = governs(cause)
  return unproven === null ? text : `not known (${UNPROVEN[unproven]}); likely ${text}`
}

/** The same where there is little room. */
export function tellCauseShort({ cause, unproven }: Pick<Phase, 'cause' | 'unproven'>): string | null {
  if (cause === null) return null
  return unproven === null ? shortly(cause) : `likely ${shortly(cause)}`
}

const UNPROVEN: Readonly<Record<Unproven, string>> = {
  'no-access': 'the lab may not read the nodes’ logs',
  'not-read': 'the nodes’ logs were not read',
  'not-said': 'the nodes’ logs do not say it',
}

function governs(cause: Cause): string {
  switch (cause.type) {
    case 'ttl':
      return withSetting('ttl', cause.ttlMs)
    case 'release':
      return 'shutdown of PostgreSQL, and a fixed second of Patroni’s'
    case 'members-silent':
      return `${listOf(cause.members)} ${cause.members.length === 1 ? 'does' : 'do'} not answer: Patroni’s fixed ${cause.timeoutMs / 1_000} s for each member asked`
    case 'members-answer':
      return 'the members asked answer at once'
    case 'next-loop':
      return `the next loop of Patroni, ${withSetting('loop_wait', cause.loopWaitMs)}`
    case 'retries':
      return `${withSetting('loop_wait', cause.loopWaitMs)} + 2 × ${withSetting('retry_timeout', cause.retryTimeoutMs)}`
    case 'no-quorum':
      return `${withSetting('retry_timeout', cause.retryTimeoutMs)}, and at most ${withSetting('ttl', cause.ttlMs)}`
    case 'proxy-gives-up':
      return `HAProxy ${inter(cause.check, 'fall')}, each up to timeout check`
    case 'shutdown':
      return 'shutdown of PostgreSQL'
    case 'replay':
      return cause.bytes === null ? 'WAL left to replay' : `WAL left to replay: ${amount(cause.bytes)}`
    case 'crash-recovery':
      return `${withSetting('loop_wait', cause.loopWaitMs)}, then ${cause.isInSingleUserMode ? 'crash recovery in single-user mode, and a start' : 'start and crash recovery'}`
    case 'key-kept':
      return `Patroni finds etcd again, ${withSetting('loop_wait', cause.loopWaitMs)} + 2 × ${withSetting('retry_timeout', cause.retryTimeoutMs)}`
    case 'election':
      return 'start of etcd and a Raft election'
    case 'proxy-check':
      return `HAProxy ${inter(cause.check, 'rise')}`
    case 'reconnect':
      return `client reconnect, every ${cause.everyMs} ms`
  }
}

function shortly(cause: Cause): string {
  switch (cause.type) {
    case 'release':
      return 'shutdown + 1 s'
    case 'members-silent':
      return `${cause.timeoutMs / 1_000} s for silent ${listOf(cause.members)}`
    case 'members-answer':
      return 'members answer'
    case 'next-loop':
      return withSetting('loop_wait', cause.loopWaitMs)
    case 'retries':
      return 'loop + 2 retry'
    case 'no-quorum':
      return `within ${withSetting('ttl', cause.ttlMs)}`
    case 'proxy-gives-up':
      return short(cause.check, 'inter × fall')
    case 'shutdown':
      return 'shutdown'
    case 'replay':
      return 'WAL to replay'
    case 'crash-recovery':
      return 'loop + recovery'
    case 'key-kept':
      return 'etcd found again'
    case 'election':
      return 'Raft election'
    case 'proxy-check':
      return short(cause.check, 'inter × rise')
    case 'reconnect':
      return 'reconnect'
    default:
      return governs(cause)
  }
}

/** What was said or read, by whom and when, e.g. `patroni2 at 00:27.3: 2026-… INFO: promoted self to leader …`. */
export function tellProof(proof: Proof): string {
  const at = formatClock(proof.atMs)
  switch (proof.source) {
    case 'log':
      return `${proof.part} at ${at}: ${proof.text}`
    case 'lease':
      return `${proof.part} at ${at}: ${proof.remainingSeconds} s left on the lease of the leader key`
    case 'reading':
      return `read from ${proof.part} at ${at}`
  }
}

function inter(check: Check | null, times: 'rise' | 'fall'): string {
  return check === null ? `inter × ${times}` : `inter ${check.interSeconds} s × ${times} ${check.times}`
}

function short(check: Check | null, otherwise: string): string {
  return check === null ? otherwise : `inter ${check.interSeconds} s × ${check.times}`
}

function withSetting(name: string, ms: number | null): string {
  return ms === null ? name : `${name} ${ms / 1_000} s`
}

function amount(bytes: number): string {
  return bytes === 0
    ? 'none'
    : bytes < 1_000_000
      ? `${Math.ceil(bytes / 1_000)} kB`
      : `${(bytes / 1_000_000).toFixed(1)} MB`
}
