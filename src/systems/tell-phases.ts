import { type Anatomy, type AnatomyFault, lengthOf, type Phase } from '../model/explained.ts'
import { tellOf } from '../model/predicate.ts'
import { sum } from '../model/sum.ts'
import { formatClock, formatDuration } from '../model/units.ts'
import { capital } from '../model/words.ts'
import type { LongAndShort, Words } from './system.ts'

/* What every system says of its outages in the same way. */

type PhaseWords = Pick<Words, 'phaseName' | 'tellCause' | 'tellProof'>

export type PhaseNames = Readonly<Record<string, (phase: Phase) => LongAndShort>>

/** What the waits are called that any system knows, beside its own; one that nobody names is called by its moment. */
export function namePhase(phase: Phase, own: PhaseNames): LongAndShort {
  return (own[phase.awaited] ?? NAMES[phase.awaited])?.(phase) ?? [phase.awaited, phase.awaited]
}

const NAMES: PhaseNames = {
  fault: ({ part }) => [`${part ?? 'it'} fails too`, 'fails too'],
  'last-ack': () => ['clients are still served', 'still served'],
  'first-error': () => ['clients notice', 'noticed'],
  'proxy-back': () => ['the proxy answers again', 'proxy answers'],
  lifted: ({ part }) => [part === null ? 'the fault is taken back' : `${part} is brought back`, 'brought back'],
  flicker: getThrough,
  'first-ack': getThrough,
  streaming: ({ part }) => [`${part ?? 'the old leader'} streams again`, 'streams again'],
}

function getThrough({ isSteadying }: Phase): LongAndShort {
  return isSteadying ? ['acknowledgements become steady', 'acks steady'] : ['clients get through', 'clients through']
}

/**
 * The anatomy as a waterfall in text, a line a phase: when it began (on the run's clock), how long it took, what was
 * waited for, and what had been predicted; under it, what proves it.
 * @param unnoticed what a failover that no client noticed was timed from and to
 */
export function tellPhases(anatomy: Anatomy, words: PhaseWords, unnoticed: string): string[] {
  const { before, phases, after, outage, endMs } = anatomy
  const longestMs = Math.max(0, ...[...before, ...phases].map((each) => lengthOf(each) ?? 0))
  const rows = (list: readonly Phase[], mark: string) =>
    list.flatMap((each) => [row(each, mark, longestMs, words), ...proofRows(each, words)])
  const total =
    endMs === null
      ? 'still open'
      : `${formatDuration(lengthOfAll(phases))} in all${outage === null ? `, ${unnoticed}` : ''}`
  return [
    anatomy.sentence,
    ...rows(before, '·'),
    ...rows(phases, '█'),
    `  ${' '.repeat(8)}  ${total}`,
    ...rows(after, '·'),
  ]
}

/** The faults that led to it, what became of it, what is not sure of that, and what else befell it. */
export function inSentences(
  { causes, during, isOpen }: Pick<Anatomy, 'causes' | 'during' | 'isOpen'>,
  story: string,
  { doubt, startsWithName }: { readonly doubt: string; readonly startsWithName: boolean },
): string {
  const told = causes.length === 0 ? story : `${listFaults(causes)}: ${story}`
  const meanwhile = during.length === 0 ? '' : ` While ${isOpen ? 'it lasts' : 'it lasted'}, ${listFaults(during)}.`
  // A name of the lab's stays as it is written.
  const isName = causes.length > 0 || startsWithName
  return `${isName ? told : capital(told)}.${doubt}${meanwhile}`
}

/** What it was for the clients. */
export function tellClients({
  of,
  outage,
  isOpen,
  isMeasured,
  startMs,
  endMs,
  phases,
}: Omit<Anatomy, 'sentence'>): string {
  if (outage === null) return isMeasured ? 'clients noticed nothing' : 'no client was there to notice'
  const verb = of === 'write' ? 'write' : 'read'
  if (outage.lastAckMs === null) {
    return isOpen || endMs === null
      ? `clients could not ${verb} from the start, and still cannot`
      : `clients could not ${verb} from the start until ${formatClock(endMs)}`
  }
  const throughMs = phases.at(-1)?.endMs ?? null
  if (isOpen && throughMs !== null) {
    return `clients could not ${verb} for ${formatDuration(lengthOfAll(phases))}, and whether it lasts shows within a second`
  }
  if (isOpen || endMs === null) return `clients cannot ${verb} since ${formatClock(startMs)}: still open`
  const flickers = (outage.flickers ?? []).length > 0
  const length = formatDuration(lengthOfAll(phases))
  return flickers
    ? `clients could not ${verb} reliably for ${length} (a few got through in between)`
    : `clients could not ${verb} for ${length}`
}

/** `etcd1 and etcd2 were stopped`, `patroni1 was killed`, `patroni1 was paused (for 5.0 s)`. */
function listFaults(faults: readonly AnatomyFault[]): string {
  const byText = new Map<string, AnatomyFault[]>()
  for (const fault of faults) byText.set(fault.text, [...(byText.get(fault.text) ?? []), fault])
  return [...byText.values()].map(listAlike).join('; ')
}

function listAlike(faults: readonly AnatomyFault[]): string {
  const names = [...new Set(faults.map((fault) => fault.part))].sort()
  const [first] = faults as readonly [AnatomyFault, ...AnatomyFault[]]
  const isPause = names.length === 1 && first.how === 'paused' && first.liftedMs !== null
  return `${tellOf(names, first)}${isPause ? ` for ${formatDuration((first.liftedMs ?? 0) - first.atMs)}` : ''}`
}

/** Without what the lab slept through. */
function lengthOfAll(phases: readonly Phase[]): number {
  return sum(phases.map((each) => lengthOf(each) ?? 0))
}

/** What was left out of a length, as the end of it; nothing when the lab was awake all the time. */
export function tellUnmeasured(unmeasuredMs: number): string {
  return unmeasuredMs < 1 ? '' : ` + ${formatDuration(unmeasuredMs)} not measured`
}

/** `18.0–20.5 s`, `up to 2.3 s`. */
export function formatRange({ minMs, maxMs }: { readonly minMs: number; readonly maxMs: number }): string {
  return minMs === 0 ? `up to ${formatDuration(maxMs)}` : `${formatDuration(minMs)} to ${formatDuration(maxMs)}`
}

const BAR = 24

function row(phase: Phase, mark: string, longestMs: number, words: PhaseWords): string {
  const { startMs, bounds, isInside, resolutionMs, unmeasuredMs } = phase
  const cause = words.tellCause(phase)?.[0] ?? null
  const ms = lengthOf(phase)
  const bar = ms === null || longestMs === 0 ? '' : mark.repeat(Math.min(BAR, Math.round((BAR * ms) / longestMs)))
  const length = ms === null ? '…' : formatDuration(ms)
  const blur = resolutionMs >= 1 ? ` ± ${formatDuration(resolutionMs)}` : ''
  const judged = isInside === null ? '' : isInside ? ', as predicted' : ', NOT as predicted'
  const predicted = bounds === null ? '' : `: ${formatRange(bounds)}${judged}`
  const why = cause === null ? '' : `  [${cause}${predicted}]`
  return `  ${formatClock(startMs)}  ${(length + tellUnmeasured(unmeasuredMs) + blur).padEnd(18)} ${words.phaseName(phase)[0]}${why}${bar === '' ? '' : `  ${bar}`}`
}

/** That something was seen when it came needs no line of its own. */
function proofRows({ proof }: Phase, words: PhaseWords): string[] {
  return proof
    .filter(({ source }) => source !== 'reading')
    .map((each) => `  ${' '.repeat(28)}${clip(words.tellProof(each), MOST_OF_A_LINE)}`)
}

const MOST_OF_A_LINE = 160

function clip(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}
