import type { LabEvent, OperationKind } from '../../../model/events.ts'
import { caseOf, concludedBy, isNoticed, openCases, passCase } from '../../explain.ts'
import type { State } from '../state.ts'
import { dissect } from './dissect.ts'
import { isPass } from './findings.ts'
import type { Observations, Of } from './observations.ts'
import { trackObservations } from './observe.ts'
import type { Anatomy, AnatomyTrack } from './shapes.ts'

export function concluded(state: State): readonly Anatomy[] {
  const { anatomy } = state
  return concludedBy(state, anatomy, (one) => dissect(one, anatomy.observations, state))
}

/**
 * Takes in one event, given the state before it and the state that it made (whose own anatomy is not read). What it
 * does not touch keeps its identity. What comes after an outage is filled in as it happens.
 */
export function trackAnatomy(before: State, event: LabEvent, after: State): AnatomyTrack {
  const track = before.anatomy
  const observations = trackObservations(track.observations, before, event, after)
  const isLogRead = event.type === 'part.log' && event.reading.ok
  const hasNews =
    isLogRead || observations.seen !== track.observations.seen || isNoticed(track.ended.at(-1), event, after)
  const isTouched =
    before.outages !== after.outages || (event.type === 'probe' && isTouchedBy(event.kind, before, after))
  if (!hasNews && !isTouched) return observations === track.observations ? track : { ...track, observations }

  const over = after.outages.filter((outage) => !before.outages.includes(outage))
  const waiting = hasNews ? awaitingMore(track.ended, isLogRead) : noneWaiting
  const ended = track.ended.map((each) => (waiting.has(each) ? renew(each, track, observations, after) : each))
  for (const outage of over) ended.push(dissect(caseOf(outage, null, ended), observations, after))
  const open = openCases(after, ended).map((one) => dissect(one, observations, after))
  const unnoticed =
    observations.seen !== track.observations.seen ? ofPasses(track.observations, observations, ended, after) : []
  const all = withoutNoticed([...ended, ...unnoticed], [...ended, ...open])
  return { observations, ended: all.length > KEPT ? all.slice(-KEPT) : all, open }
}

const KEPT = 100
/** How many of the latest still learn of what came after them, and of the latest failovers: redundancy takes its time. */
const RECENT = 5
const noneWaiting: ReadonlySet<Anatomy> = new Set()

/** What the parts' logs say comes late: it can prove the steps of one that is over and done with, too. */
function awaitingMore(ended: readonly Anatomy[], isLogRead: boolean): ReadonlySet<Anatomy> {
  const failovers = ended.filter(({ from, to }) => to !== null && from !== to).slice(-RECENT)
  return new Set(
    [...ended.slice(-RECENT), ...failovers].filter((each) => isLogRead || !isComplete(each) || !each.isMeasured),
  )
}

function isTouchedBy(kind: OperationKind, before: State, after: State): boolean {
  const [was, is] = [before.probes[kind], after.probes[kind]]
  return was.hasLasted || is.hasLasted || before.outages !== after.outages
}

function isComplete({ after, isOpen }: Anatomy): boolean {
  return !isOpen && after.length > 0 && after.every((phase) => phase.endMs !== null)
}

/** Explains it again with what has been seen since, by the settings of its own time. */
function renew(known: Anatomy, { ended }: AnatomyTrack, observations: Observations, after: State): Anatomy {
  if (known.outage !== null) {
    return dissect(caseOf(known.outage, null, ended), observations, after, known.timing)
  }
  const seq = known.moments.find((moment) => moment.name === 'key-taken')?.seq
  const pass = observations.seen.find((each) => each.is === 'key' && each.seq === seq) as Of<'key'> | undefined
  if (pass === undefined) return known
  return dissect(passCase(pass), observations, after, known.timing)
}

/** A failover that just happened; whether clients notice it shows later. */
function ofPasses(
  was: Observations,
  observations: Observations,
  ended: readonly Anatomy[],
  after: State,
): readonly Anatomy[] {
  const passes = observations.seen.filter(
    (each) => each.is === 'key' && !was.seen.includes(each) && isPass(each),
  ) as Of<'key'>[]
  const known = new Set(ended.flatMap(passSeqs))
  return passes.filter(({ seq }) => !known.has(seq)).map((pass) => dissect(passCase(pass), observations, after))
}

/** A failover that an outage has come with is told there. */
function withoutNoticed(all: readonly Anatomy[], told: readonly Anatomy[]): readonly Anatomy[] {
  const seqs = new Set(told.filter((each) => each.outage !== null).flatMap(passSeqs))
  return all.filter((each) => each.outage !== null || !passSeqs(each).some((seq) => seqs.has(seq)))
}

function passSeqs({ moments, of }: Anatomy): readonly number[] {
  if (of === 'read') return []
  return moments.flatMap(({ name, seq }) => (name === 'key-taken' && seq !== null ? [seq] : []))
}
