import { FIRST_PROXY } from '../proxies.ts'
import type { Cause, Proof } from './cause.ts'
import { healthCheckOf, MEMBER_TIMEOUT_MS, type StepInput, timingSettings } from './likely-cause.ts'
import type { Saying } from './log-lines.ts'
import type { Moment } from './moment.ts'
import type { Of } from './observations.ts'

export type HeardLine = Of<'said'>

/** A step that has ended, and what its parts said around it. */
export interface ProvenStep {
  readonly start: Moment
  readonly end: Moment
  readonly said: readonly HeardLine[]
  /** The proxies that clients know, each with its own name of the listener that leads to the leader. */
  readonly ways: readonly { readonly part: string; readonly listener: string }[]
}

export interface Proven {
  readonly cause: Cause
  /** In the order in which they were said. */
  readonly proof: readonly Proof[]
}

/** The cause of a step as its parts' logs and the lab's readings show it; null where nothing shows any. */
export function prove(step: ProvenStep, likely: Cause | null, input: StepInput): Proven | null {
  return PROVE[step.end.name]?.(step, likely, input) ?? null
}

type Prove = (step: ProvenStep, likely: Cause | null, input: StepInput) => Proven | null

const PROVE: Readonly<Partial<Record<Moment['name'], Prove>>> = {
  'last-ack': whyServedNoMore,
  'key-gone': whyGone,
  'key-taken': whyTaken,
  promoted: whyPromoted,
  'proxy-up': whyUp,
  'quorum-regained': asRead('etcd'),
  flicker: asRead('probe'),
  'first-ack': asRead('probe'),
}

function asRead(part: string): Prove {
  return (step, likely) => (likely === null ? null : { cause: likely, proof: reading(step.end, part) })
}

/** Clocks and the lab's own delay: what was said so much before a step began or after it ended is still of it. */
const NEAR_MS = 1_500

function of(step: ProvenStep, part: string | null): readonly HeardLine[] {
  const lines = step.said.filter((line) => {
    const nearMs = NEAR_MS + line.errorMs
    return line.part === part && line.atMs >= step.start.atMs - nearMs && line.atMs <= step.end.atMs + nearMs
  })
  return lines.toSorted((a, b) => a.atMs - b.atMs)
}

function last(lines: readonly HeardLine[], ...says: readonly Saying['says'][]): HeardLine | undefined {
  return lines.findLast(({ saying }) => says.includes(saying.says))
}

function logProof(...lines: readonly (HeardLine | undefined)[]): readonly Proof[] {
  return lines.flatMap((line): Proof[] => {
    if (line === undefined) return []
    const { part, text, atMs, errorMs, seq } = line
    return [{ source: 'log', part, text, atMs, errorMs, seq }]
  })
}

function reading({ atMs, seq }: Moment, part: string): readonly Proof[] {
  return seq === null ? [] : [{ source: 'reading', part, atMs, seq }]
}

function whyServedNoMore(
  step: ProvenStep,
  _likely: Cause | null,
  { timing, check, hadQuorum, latest }: StepInput,
): Proven | null {
  const part = step.end.part ?? latest('fault')?.part ?? null
  const lines = of(step, part)
  const { ttlMs, loopWaitMs, retryTimeoutMs } = timingSettings(timing)
  const demoting = last(lines, 'demoting')
  if (demoting?.saying.says === 'demoting' && demoting.saying.why === 'no-etcd') {
    const cause: Cause = hadQuorum
      ? { type: 'retries', loopWaitMs, retryTimeoutMs }
      : { type: 'no-quorum', retryTimeoutMs, ttlMs }
    return { cause, proof: logProof(demoting) }
  }
  const down = lines.find(({ saying }) => saying.says === 'told-to-shut-down')
  if (down !== undefined) return { cause: { type: 'shutdown' }, proof: logProof(down) }
  const proxy = ofProxies(step, 'server-down', part).at(-1)
  if (proxy === undefined) return null
  return { cause: { type: 'proxy-gives-up', check: healthCheckOf(check, 'fall') }, proof: logProof(proxy) }
}

/** The lease that ran out, or the leader's own word that it shut down: one that is cut off does, and keeps its key. */
function whyGone(step: ProvenStep, likely: Cause | null, { timing, lease }: StepInput): Proven | null {
  const hasRunOut = lease !== null && step.end.atMs >= (lease.earliestMs ?? Number.POSITIVE_INFINITY)
  const lines = hasRunOut || likely?.type === 'ttl' ? [] : of(step, step.end.was ?? null)
  const begun = last(
    lines.filter(({ atMs, errorMs }) => atMs <= step.end.atMs + errorMs),
    'shutting-down',
  )
  if (begun !== undefined) {
    const told = lines.findLast(({ saying, atMs }) => saying.says === 'told-to-shut-down' && atMs <= begun.atMs)
    const [first, then] = [told ?? begun, last(lines, 'shut-down') ?? (told === undefined ? undefined : begun)]
    return { cause: { type: 'release' }, proof: logProof(first, then, last(lines, 'released-key')) }
  }
  if (lease === null || (likely?.type !== 'ttl' && !hasRunOut)) return null
  const { via, remainingSeconds, atMs, seq } = lease.renewed
  return {
    cause: { type: 'ttl', ttlMs: timingSettings(timing).ttlMs },
    proof: [{ source: 'lease', part: via, remainingSeconds, atMs, seq }],
  }
}

/** The race as its winner tells of it: whom he asked, who did not answer, and whether it was his first. */
function whyTaken(step: ProvenStep, _likely: Cause | null, { timing, hadQuorum, latest }: StepInput): Proven | null {
  const lines = of(step, step.end.part)
  const won = last(lines, 'took-key')
  const sinceMs = latest('key-gone')?.atMs ?? step.start.atMs
  // One that fell in the moment it had won says nothing more.
  const untilMs = won?.atMs ?? step.end.atMs
  const before = lines.filter(({ atMs, errorMs }) => atMs <= untilMs && atMs >= sinceMs - BEFORE_MS - errorMs)
  const stoodBack = last(before, 'stood-back')
  const race = before.slice(stoodBack === undefined ? 0 : before.indexOf(stoodBack) + 1)
  const asked = race.filter(({ saying }) => saying.says === 'answered' || saying.says === 'no-answer')
  const silent = asked.filter(({ saying }) => saying.says === 'no-answer' && saying.isTimeout)
  const first = asked[0]
  if (won === undefined && first === undefined) return null
  const isLate =
    hadQuorum && first !== undefined && silent[0] !== first && first.atMs - sinceMs > WOKEN_MS + first.errorMs
  if (stoodBack !== undefined || isLate || !hadQuorum) {
    const cause: Cause = { type: 'next-loop', loopWaitMs: timingSettings(timing).loopWaitMs }
    return { cause, proof: logProof(stoodBack ?? first, won) }
  }
  if (silent.length > 0) {
    const members = silent.flatMap(({ saying }) => (saying.says === 'no-answer' ? [saying.member] : []))
    const cause: Cause = { type: 'members-silent', members, timeoutMs: MEMBER_TIMEOUT_MS }
    return { cause, proof: logProof(silent.at(-1), won) }
  }
  return { cause: { type: 'members-answer' }, proof: logProof(asked.at(-1), won) }
}

/** The lab hears of the key's going as soon as the candidates do. */
const BEFORE_MS = 200
/** A candidate that asks later than so after the key went was not woken by its going. */
const WOKEN_MS = 700

function whyPromoted(step: ProvenStep, likely: Cause | null, { timing }: StepInput): Proven | null {
  const lines = of(step, step.end.part)
  const up = last(lines, 'ready')
  if (up === undefined) return null
  const { loopWaitMs, retryTimeoutMs } = timingSettings(timing)
  const recovery = last(lines, 'crash-recovery')
  if (recovery?.saying.says === 'crash-recovery') {
    const { isInSingleUserMode } = recovery.saying
    return { cause: { type: 'crash-recovery', loopWaitMs, isInSingleUserMode }, proof: logProof(recovery, up) }
  }
  const kept = last(lines, 'had-key')
  if (kept !== undefined) {
    return { cause: { type: 'key-kept', loopWaitMs, retryTimeoutMs }, proof: logProof(kept, up) }
  }
  return likely?.type === 'replay' ? { cause: likely, proof: logProof(last(lines, 'redo-done'), up) } : null
}

function whyUp(step: ProvenStep, likely: Cause | null): Proven | null {
  if (likely === null) return null
  const up = ofProxies(step, 'server-up', step.end.part).at(-1)
  const proof = up === undefined ? reading(step.end, step.end.proxy ?? FIRST_PROXY) : logProof(up)
  return { cause: likely, proof }
}

/** What the proxies said of a server in the listener that leads to the leader: of several, the first that did. */
function ofProxies(step: ProvenStep, says: 'server-up' | 'server-down', server: string | null): readonly HeardLine[] {
  const told = step.ways.map(({ part, listener }) => {
    return of(step, part).filter(
      ({ saying }) => saying.says === says && saying.server === server && saying.listener === listener,
    )
  })
  const last = told.flatMap((lines) => lines.slice(-1))
  return last.toSorted((a, b) => b.atMs - a.atMs)
}
