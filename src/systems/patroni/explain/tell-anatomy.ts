import type { AnatomyFault } from '../../../model/explained.ts'
import { listOf } from '../../../model/predicate.ts'
import { inSentences, tellClients, tellPhases } from '../../tell-phases.ts'
import { phaseName, tellCause, tellProof } from './phase-words.ts'
import type { Anatomy } from './shapes.ts'

/** What happened, in a sentence or two, of what was seen and nothing else. */
export function sentenceOf(anatomy: Omit<Anatomy, 'sentence'>): string {
  const { kind, causes, isOpen } = anatomy
  const doubt = kind === 'unknown' && !isOpen ? ` ${unexplained(causes)}` : ''
  return inSentences(anatomy, storyOf(anatomy), { doubt, startsWithName: startsWithName(anatomy) })
}

/** The same, and where the time went, step by step. */
export function tellAnatomy(anatomy: Anatomy): string[] {
  return tellPhases(anatomy, { phaseName, tellCause, tellProof } as PhaseWords, 'from key to proxy')
}

type PhaseWords = Parameters<typeof tellPhases>[1]

function storyOf(anatomy: Omit<Anatomy, 'sentence'>): string {
  const { of, kind, from, to, outage } = anatomy
  const clients = tellClients(anatomy)
  switch (kind) {
    case 'failover':
      if (outage === null) return `${passed(anatomy)}; ${clients}`
      return `${passed(anatomy)}, and ${clients}`
    case 'quorum-lost':
      return `${anatomy.etcd === 'not-heard' ? 'no etcd member answered' : 'etcd had no quorum'}, and ${clients}; ${leadershipAfter(anatomy)}`
    case 'proxy-down':
      return `${proxiesGone(anatomy)}${of === 'write' ? `, ${leader(from)} stayed the leader` : ''}, and ${clients}`
    case 'restart-in-place':
      return `PostgreSQL on ${leader(from)} was restarted in place (same leader, same timeline ${anatomy.timelines?.after ?? '?'}), and ${clients}`
    case 'leader-returned':
      return `${leader(from)} was promoted again (timeline ${anatomy.timelines?.before} → ${anatomy.timelines?.after}), nobody else led meanwhile, and ${clients}`
    case 'leader-kept':
      return `${leader(to)} stayed the leader, and ${clients}`
    case 'replicas-lost':
      return `the proxy had no replica to lead to, and ${clients}`
    default:
      return clients
  }
}

function proxiesGone({ proxies = [], causes }: Omit<Anatomy, 'sentence'>): string {
  if (causes.length === 0) return `${proxies.length === 0 ? 'the proxy' : listOf(proxies)} did not answer`
  return proxies.length > 1 ? 'no proxy was left' : 'the proxy was gone'
}

function passed({ moments, from }: Omit<Anatomy, 'sentence'>): string {
  const names = moments.filter((each) => each.name === 'key-taken').map((each) => each.part ?? '?')
  return `the leader key passed from ${[from ?? '?', ...names].join(' to ')}`
}

function leadershipAfter(anatomy: Omit<Anatomy, 'sentence'>): string {
  const { from, to, isOpen, moments, timelines, etcd, causes, during } = anatomy
  const isRegained = moments.some((each) => each.name === 'quorum-regained')
  if (isOpen && etcd === 'not-heard') return isRegained ? 'etcd answers again' : 'none does yet'
  if (isOpen) return isRegained ? 'etcd has one again' : 'etcd has none yet'
  if (from !== to) return `${leader(to)} leads since, before it was ${leader(from)}`
  const hadFault = [...causes, ...during].some(({ part, how }) => part === from && how !== 'other')
  if (hadFault) return `${leader(from)} leads again`
  const wasDemoted = timelines !== null
  return wasDemoted ? `${leader(from)} had stepped down, and leads again` : `${leader(from)} leads as before`
}

function leader(name: string | null): string {
  return name ?? 'the leader'
}

function unexplained(causes: readonly AnatomyFault[]): string {
  return causes.length === 0
    ? 'Nothing that was seen explains it.'
    : 'Whether that is the reason, nothing that was seen says.'
}

/** A name of the lab's stays as it is written. */
function startsWithName({ kind, from, to, proxies = [] }: Omit<Anatomy, 'sentence'>): boolean {
  if (proxies.length > 0) return true
  return (kind === 'leader-returned' && from !== null) || (kind === 'leader-kept' && to !== null)
}
