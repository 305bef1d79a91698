import { lengthOf } from '../../../model/explained.ts'
import { tellOf } from '../../../model/predicate.ts'
import { formatClock, formatDuration } from '../../../model/units.ts'
import type { Anatomy, Fault } from './anatomy.ts'
import { formatRange, phaseName, tellCause, tellProof, tellUnmeasured } from './phase-words.ts'
import type { Phase } from './phases.ts'

/** What happened, in a sentence or two, of what was seen and nothing else. */
export function sentenceOf(anatomy: Omit<Anatomy, 'sentence'>): string {
  const { kind, causes, during, isOpen } = anatomy
  const what = causes.length === 0 ? '' : `${listFaults(causes)}: `
  const story = `${what}${storyOf(anatomy)}`
  const meanwhile = during.length === 0 ? '' : ` While ${isOpen ? 'it lasts' : 'it lasted'}, ${listFaults(during)}.`
  const doubt = kind === 'unknown' && !isOpen ? ` ${unexplained(causes)}` : ''
  return `${sentence(story, startsWithName(anatomy))}${doubt}${meanwhile}`
}

/**
 * The anatomy as a waterfall in text, a line a phase: when it began (on the run's clock), how long it took, what was
 * waited for, and what had been predicted; under it, what proves it.
 */
export function tellAnatomy(anatomy: Anatomy): string[] {
  const { before, phases, after, outage, endMs } = anatomy
  const longestMs = Math.max(0, ...[...before, ...phases].map((each) => lengthOf(each) ?? 0))
  const rows = (list: readonly Phase[], mark: string) =>
    list.flatMap((each) => [row(each, mark, longestMs), ...proofRows(each)])
  const total =
    endMs === null
      ? 'still open'
      : `${formatDuration(measuredMs(phases))} in all${outage === null ? ', from key to proxy' : ''}`
  return [
    anatomy.sentence,
    ...rows(before, '·'),
    ...rows(phases, '█'),
    `  ${' '.repeat(8)}  ${total}`,
    ...rows(after, '·'),
  ]
}

function storyOf(anatomy: Omit<Anatomy, 'sentence'>): string {
  const { of, kind, from, to, outage, causes } = anatomy
  const clients = clientsOf(anatomy)
  switch (kind) {
    case 'failover':
      if (outage === null) return `${passed(anatomy)}; ${clients}`
      return `${passed(anatomy)}, and ${clients}`
    case 'quorum-lost':
      return `${anatomy.etcd === 'not-heard' ? 'no etcd member answered' : 'etcd had no quorum'}, and ${clients}; ${leadershipAfter(anatomy)}`
    case 'proxy-down':
      return `the proxy ${causes.length > 0 ? 'was gone' : 'did not answer'}${of === 'write' ? `, ${leader(from)} stayed the leader` : ''}, and ${clients}`
    case 'restart-in-place':
      return `PostgreSQL on ${leader(from)} was restarted in place (same leader, same timeline ${anatomy.timelines?.after ?? '?'}), and ${clients}`
    case 'leader-returned':
      return `${leader(from)} was promoted anew (timeline ${anatomy.timelines?.before} → ${anatomy.timelines?.after}), nobody else led meanwhile, and ${clients}`
    case 'leader-kept':
      return `${leader(to)} stayed the leader, and ${clients}`
    case 'replicas-lost':
      return `the proxy had no replica to lead to, and ${clients}`
    default:
      return clients
  }
}

function passed({ moments, from }: Omit<Anatomy, 'sentence'>): string {
  const names = moments.filter((each) => each.name === 'key-taken').map((each) => each.part ?? '?')
  return `the leader key passed from ${[from ?? '?', ...names].join(' to ')}`
}

function leadershipAfter({ from, to, isOpen, moments, timelines, etcd }: Omit<Anatomy, 'sentence'>): string {
  const isRegained = moments.some((each) => each.name === 'quorum-regained')
  if (isOpen && etcd === 'not-heard') return isRegained ? 'etcd answers again' : 'none does yet'
  if (isOpen) return isRegained ? 'etcd has one again' : 'etcd has none yet'
  if (from !== to) return `${leader(to)} leads since, before it was ${leader(from)}`
  const wasDemoted = timelines !== null
  return wasDemoted ? `${leader(from)} had stepped down, and leads again` : `${leader(from)} leads as before`
}

function leader(name: string | null): string {
  return name ?? 'the leader'
}

function clientsOf({ of, outage, isOpen, isMeasured, startMs, endMs, phases }: Omit<Anatomy, 'sentence'>): string {
  if (outage === null) return isMeasured ? 'clients noticed nothing' : 'no client was there to notice'
  const verb = of === 'write' ? 'write' : 'read'
  if (outage.lastAckMs === null) {
    return isOpen || endMs === null
      ? `clients could not ${verb} from the start, and still cannot`
      : `clients could not ${verb} from the start until ${formatClock(endMs)}`
  }
  const throughMs = phases.at(-1)?.endMs ?? null
  if (isOpen && throughMs !== null) {
    return `clients could not ${verb} for ${formatDuration(measuredMs(phases))}, and whether it lasts shows within a second`
  }
  if (isOpen || endMs === null) return `clients cannot ${verb} since ${formatClock(startMs)}: still open`
  const flickers = (outage.flickers ?? []).length > 0
  const length = formatDuration(measuredMs(phases))
  return flickers
    ? `clients could not ${verb} reliably for ${length} (a few got through in between)`
    : `clients could not ${verb} for ${length}`
}

/** Without what the lab slept through. */
function measuredMs(phases: readonly Phase[]): number {
  return phases.reduce((sum, each) => sum + (lengthOf(each) ?? 0), 0)
}

function unexplained(causes: readonly Fault[]): string {
  return causes.length === 0
    ? 'Nothing that was seen explains it.'
    : 'Whether that is the reason, nothing that was seen says.'
}

/** `etcd1 and etcd2 were stopped`, `patroni1 was killed`, `patroni1 was paused (for 5.0 s)`. */
function listFaults(faults: readonly Fault[]): string {
  const byText = new Map<string, Fault[]>()
  for (const fault of faults) byText.set(fault.text, [...(byText.get(fault.text) ?? []), fault])
  return [...byText.values()].map(listAlike).join('; ')
}

function listAlike(faults: readonly Fault[]): string {
  const names = [...new Set(faults.map((fault) => fault.part))].sort()
  const [first] = faults as readonly [Fault, ...Fault[]]
  const isPause = names.length === 1 && first.how === 'paused' && first.liftedMs !== null
  return `${tellOf(names, first)}${isPause ? ` for ${formatDuration((first.liftedMs ?? 0) - first.atMs)}` : ''}`
}

const BAR = 24

function row(phase: Phase, mark: string, longestMs: number): string {
  const { startMs, bounds, isInside, resolutionMs, unmeasuredMs } = phase
  const cause = tellCause(phase)
  const ms = lengthOf(phase)
  const bar = ms === null || longestMs === 0 ? '' : mark.repeat(Math.min(BAR, Math.round((BAR * ms) / longestMs)))
  const length = ms === null ? '…' : formatDuration(ms)
  const blur = resolutionMs >= 1 ? ` ± ${formatDuration(resolutionMs)}` : ''
  const judged = isInside === null ? '' : isInside ? ', as predicted' : ', NOT as predicted'
  const predicted = bounds === null ? '' : `: ${formatRange(bounds)}${judged}`
  const why = cause === null ? '' : `  [${cause}${predicted}]`
  return `  ${formatClock(startMs)}  ${(length + tellUnmeasured(unmeasuredMs) + blur).padEnd(18)} ${phaseName(phase)}${why}${bar === '' ? '' : `  ${bar}`}`
}

/** That something was seen when it came needs no line of its own. */
function proofRows({ proof }: Phase): string[] {
  return proof
    .filter(({ source }) => source !== 'reading')
    .map((each) => `  ${' '.repeat(28)}${clip(tellProof(each), MOST_OF_A_LINE)}`)
}

const MOST_OF_A_LINE = 160

function clip(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}

/** A name of the lab's stays as it is written. */
function startsWithName({ causes, kind, from, to }: Omit<Anatomy, 'sentence'>): boolean {
  if (causes.length > 0) return true
  return (kind === 'leader-returned' && from !== null) || (kind === 'leader-kept' && to !== null)
}

function sentence(text: string, isName: boolean): string {
  return `${isName ? text.charAt(0) : text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
