import { measuredMs } from '../model/asleep.ts'
import type { Anatomy, AnatomyFault, Failover } from '../model/explained.ts'
import { lengthOf, type Phase } from '../model/explained.ts'
import { isTaking } from '../model/failovers.ts'
import { beganMs, type Outage, outageMs } from '../model/outage.ts'
import type { Words } from '../systems/system.ts'
import { systemOf } from '../systems/systems.ts'
import type { Facts } from './facts.ts'
import { phaseRanges } from './phase-ranges.ts'
import type { Summary } from './summary-schema.ts'

/** The outages that clients saw, and the failovers, with the phases of each. */
export function summariseOutages({
  outages,
  failovers,
  anatomies,
  probedUntilMs,
  state,
}: Facts): Pick<Summary, 'outages' | 'failovers' | 'phaseRanges'> {
  const { words } = systemOf(state.lab)
  const told = failovers.map((failover) => failoverOf(failover, outages, anatomies, words))
  return {
    outages: outages.map((outage) =>
      outageOf(outage, anatomyOf(outage, anatomies), words, awakeLengthOf(outage, probedUntilMs[outage.kind], state)),
    ),
    failovers: told,
    phaseRanges: phaseRanges(told),
  }
}

function anatomyOf(outage: Outage, anatomies: readonly Anatomy[]): Anatomy | null {
  const isSame = (other: Outage | null) =>
    other !== null && other.kind === outage.kind && beganMs(other) === beganMs(outage)
  return anatomies.find((anatomy) => isSame(anatomy.outage)) ?? null
}

/** Up to its end, or to the last moment at which anybody asked; without what the lab slept through. */
function awakeLengthOf(outage: Outage, probedUntilMs: number, { asleep }: Facts['state']): number {
  const fromMs = beganMs(outage)
  return Math.max(0, measuredMs(fromMs, outage.firstAckMs ?? probedUntilMs, asleep.spans))
}

function outageOf(
  outage: Outage,
  anatomy: Anatomy | null,
  words: Words,
  atLeastMs: number,
): Summary['outages'][number] {
  const { kind, firstAckMs, firstErrorMs, firstErrorCode, serverBefore, serverAfter, errors } = outage
  return {
    kind,
    by: outage.by ?? 'probe',
    fromMs: beganMs(outage),
    toMs: firstAckMs,
    durationMs: outageMs(outage),
    atLeastMs,
    firstErrorMs,
    firstErrorCode,
    serverBefore,
    serverAfter,
    errors,
    cause: anatomy?.kind ?? null,
    sentence: anatomy?.sentence ?? null,
    resolutionMs: anatomy?.resolutionMs ?? null,
    phases: anatomy === null ? [] : phasesOf(anatomy, words),
  }
}

function failoverOf(
  failover: Failover,
  outages: readonly Outage[],
  anatomies: readonly Anatomy[],
  words: Words,
): Summary['failovers'][number] {
  const { from, to, goneMs, takenMs, promotedMs, proxyUpMs } = failover
  const anatomy = anatomies.find((each) => each.of === 'write' && hasPass(each, failover)) ?? null
  const outage = anatomy?.outage ?? failover.outage
  const index = outages.findIndex(
    (each) => each.kind === 'write' && outage !== null && beganMs(each) === beganMs(outage),
  )
  const pass = anatomy?.moments.find((moment) => isTaking(failover, moment))?.pass ?? 1
  return {
    from,
    to,
    keyGoneMs: goneMs,
    keyTakenMs: takenMs,
    promotedMs,
    proxyUpMs,
    outage: index < 0 ? null : index,
    pass,
    causeMs: causeOf(failover, anatomy)?.atMs ?? null,
    redundancyRestoredMs: restoredMs(anatomy, failover),
    sentence: anatomy?.sentence ?? null,
    phases: anatomy === null ? [] : phasesOf(anatomy, words).filter((phase) => phase.pass === pass),
  }
}

/** The fault that took the leader of this pass away; else the first of those that led to the outage. */
function causeOf({ from, goneMs, takenMs }: Failover, anatomy: Anatomy | null): AnatomyFault | null {
  const known = anatomy === null ? [] : [...anatomy.causes, ...anatomy.during]
  const before = known.filter(({ atMs }) => atMs <= (goneMs ?? takenMs))
  return before.findLast(({ part }) => part === from) ?? before[0] ?? null
}

/** An old leader that leads again in the end has nobody to stream from: then it is the others that come back. */
function restoredMs(anatomy: Anatomy | null, { from, takenMs }: Failover): number | null {
  const isBack = from === anatomy?.to
  const awaited = anatomy?.after.filter(({ awaited }) => awaited === 'streaming') ?? []
  const seen = anatomy?.moments.filter(
    ({ name, part, atMs }) => name === 'streaming' && (part === from || isBack) && atMs > takenMs,
  )
  return isBack && awaited.some(({ endMs }) => endMs === null) ? null : (seen?.at(-1)?.atMs ?? null)
}

function hasPass({ moments }: Anatomy, failover: Failover): boolean {
  return moments.some((moment) => isTaking(failover, moment))
}

type Phases = Summary['outages'][number]['phases']

function phasesOf({ before, phases, after }: Anatomy, words: Words): Phases {
  const of = (list: readonly Phase[], stage: Phases[number]['stage']) =>
    list.map((phase) => phaseOf(phase, stage, words))
  return [...of(before, 'before'), ...of(phases, 'during'), ...of(after, 'after')]
}

function phaseOf(phase: Phase, stage: Phases[number]['stage'], words: Words): Phases[number] {
  const { awaited, pass, startMs, endMs, resolutionMs, cause, proof, unproven, bounds, isInside, seq } = phase
  return {
    stage,
    awaited,
    pass,
    name: words.phaseName(phase)[0],
    fromMs: startMs,
    toMs: endMs,
    durationMs: lengthOf(phase),
    unmeasuredMs: phase.unmeasuredMs,
    knob: words.tellCause(phase)?.[0] ?? null,
    cause,
    unproven,
    proof: proof.map((each) => ({
      source: each.source,
      part: each.part,
      text: words.tellProof(each),
      atMs: each.atMs,
      errorMs: each.errorMs ?? null,
      evidence: each.seq,
    })),
    predicted: bounds === null ? null : { minMs: bounds.minMs, maxMs: bounds.maxMs },
    isInside,
    resolutionMs,
    evidence: seq,
  }
}
