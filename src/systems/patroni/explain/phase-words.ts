import type { Phase as AnyPhase, Unproven } from '../../../model/explained.ts'
import { listOf } from '../../../model/predicate.ts'
import { formatClock } from '../../../model/units.ts'
import type { LongAndShort } from '../../system.ts'
import { namePhase, type PhaseNames } from '../../tell-phases.ts'
import type { Cause, HealthCheck, Proof } from './cause.ts'
import type { Phase } from './shapes.ts'

/** What the wait for a moment is called. */
export function phaseName(phase: AnyPhase): LongAndShort {
  return namePhase(phase, NAMES)
}

const NAMES: PhaseNames = {
  'key-gone': ({ cause }) => {
    if (cause === null) return ['the leader key goes', 'key goes']
    if ((cause as Cause).type === 'ttl') return ['the leader key expires', 'key expires']
    return ['the leader shuts down and releases its key', 'key released']
  },
  'key-taken': ({ part }) => [`${part ?? 'somebody'} takes the leader key`, 'key taken'],
  promoted: ({ part }) => [`PostgreSQL${part === null ? '' : ` on ${part}`} comes out of recovery`, 'out of recovery'],
  'proxy-up': ({ part }) => [
    part === null ? 'the proxy leads to the leader' : `the proxy marks ${part} UP`,
    'proxy marks UP',
  ],
  'replica-up': ({ part }) => [
    part === null ? 'the proxy has a replica' : `the proxy marks ${part} UP for reads`,
    'replica UP',
  ],
  'quorum-regained': () => ['etcd has a quorum again', 'etcd quorum'],
  healthy: () => ['all members are healthy', 'all healthy'],
}

/** What governs a phase; of one that nobody could prove, that it is not known, and why. Null without a cause. */
export function tellCause({ cause, unproven }: Pick<Phase, 'cause' | 'unproven'>): LongAndShort | null {
  if (cause === null) return null
  const [long, short] = wordsOf(cause)
  return unproven === null ? [long, short] : [`not known (${UNPROVEN[unproven]}); likely ${long}`, `likely ${short}`]
}

const UNPROVEN: Readonly<Record<Unproven, string>> = {
  'no-access': 'the lab may not read the nodes’ logs',
  'not-read': 'the nodes’ logs were not read',
  'not-said': 'the nodes’ logs do not say it',
}

function wordsOf(cause: Cause): LongAndShort {
  switch (cause.type) {
    case 'ttl':
      return [withSetting('ttl', cause.ttlMs), withSetting('ttl', cause.ttlMs)]
    case 'release':
      return ['shutdown of PostgreSQL, and a fixed second of Patroni’s', 'shutdown + 1 s']
    case 'members-silent': {
      const [members, seconds] = [listOf(cause.members), cause.timeoutMs / 1_000]
      return [
        `${members} ${cause.members.length === 1 ? 'does' : 'do'} not answer: Patroni’s fixed ${seconds} s for each member asked`,
        `${seconds} s for silent ${members}`,
      ]
    }
    case 'members-answer':
      return ['the members asked answer at once', 'members answer']
    case 'next-loop': {
      const loop = withSetting('loop_wait', cause.loopWaitMs)
      return [`the next loop of Patroni, ${loop}`, loop]
    }
    case 'retries':
      return [loopAndRetries(cause), 'loop + 2 retry']
    case 'no-quorum': {
      const ttl = withSetting('ttl', cause.ttlMs)
      return [`${withSetting('retry_timeout', cause.retryTimeoutMs)}, and at most ${ttl}`, `within ${ttl}`]
    }
    case 'proxy-gives-up':
      return [`HAProxy ${inter(cause.check, 'fall')}, each up to timeout check`, short(cause.check, 'inter × fall')]
    case 'shutdown':
      return ['shutdown of PostgreSQL', 'shutdown']
    case 'replay':
      return [
        cause.bytes === null ? 'WAL left to replay' : `WAL left to replay: ${amount(cause.bytes)}`,
        'WAL to replay',
      ]
    case 'crash-recovery': {
      const how = cause.isInSingleUserMode
        ? 'crash recovery in single-user mode, and a start'
        : 'start and crash recovery'
      return [`${withSetting('loop_wait', cause.loopWaitMs)}, then ${how}`, 'loop + recovery']
    }
    case 'key-kept':
      return [`Patroni finds etcd again, ${loopAndRetries(cause)}`, 'etcd found again']
    case 'election':
      return ['start of etcd and a Raft election', 'Raft election']
    case 'proxy-check':
      return [`HAProxy ${inter(cause.check, 'rise')}`, short(cause.check, 'inter × rise')]
    case 'reconnect':
      return [`client reconnect, every ${cause.everyMs} ms`, 'reconnect']
  }
}

function loopAndRetries({ loopWaitMs, retryTimeoutMs }: Extract<Cause, { type: 'retries' | 'key-kept' }>): string {
  return `${withSetting('loop_wait', loopWaitMs)} + 2 × ${withSetting('retry_timeout', retryTimeoutMs)}`
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

function inter(check: HealthCheck | null, times: 'rise' | 'fall'): string {
  return check === null ? `inter × ${times}` : `inter ${check.interSeconds} s × ${times} ${check.times}`
}

function short(check: HealthCheck | null, otherwise: string): string {
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
