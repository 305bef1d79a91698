import type { LabEvent } from '../../../model/events.ts'
import type { State as CoreState } from '../../../model/state.ts'
import { caseOf, concludedBy, isNoticed, openCases, passCase } from '../../explain.ts'
import { pairOf } from '../known.ts'
import type { Promotion } from '../promotions.ts'
import type { Case } from './cases.ts'
import { dissect } from './dissect.ts'
import { trackObservations } from './observations.ts'
import type { Anatomy, AnatomyTrack } from './shapes.ts'

const KEPT = 100
/** How many of the latest still learn of what came after them. */
const RECENT = 5

/** Takes in one event, given the state before it and the state that it made. What it does not touch keeps its identity. */
export function trackAnatomy(before: CoreState, event: LabEvent, after: CoreState): AnatomyTrack {
  const [was, is] = [pairOf(before), pairOf(after)]
  const track = was.anatomy
  const observations = trackObservations(track.observations, before, event, after)
  const hasNews =
    observations.seen !== track.observations.seen ||
    was.promotions !== is.promotions ||
    was.fences !== is.fences ||
    before.faultObservations !== after.faultObservations ||
    before.outages !== after.outages ||
    isNoticed(track.ended.at(-1), event, after)
  const isTouched =
    event.type === 'probe' && (before.probes[event.kind].hasLasted || after.probes[event.kind].hasLasted)
  if (!hasNews && !isTouched) return observations === track.observations ? track : { ...track, observations }

  const explain = (one: Case) => dissect(one, observations, after)
  const first = hasNews ? Math.max(0, track.ended.length - RECENT) : track.ended.length
  const known = track.ended.map((each, index) => (index < first ? each : again(each, track.ended, after, explain)))
  const over = after.outages.filter((outage) => !before.outages.includes(outage))
  const ended = [...known]
  for (const outage of over) ended.push(explain(caseOf(outage, null, ended)))
  const open = openCases(after, ended).map(explain)
  const all = withUnnoticed(ended, open, is.promotions, explain)
  return { observations, ended: all.slice(-KEPT), open }
}

export function concluded(state: CoreState): readonly Anatomy[] {
  const { anatomy } = pairOf(state)
  return concludedBy(state, anatomy, (one) => dissect(one, anatomy.observations, state))
}

/** Explained again with what has been seen since. */
function again(known: Anatomy, ended: readonly Anatomy[], state: CoreState, explain: (one: Case) => Anatomy): Anatomy {
  if (known.outage !== null) return explain(caseOf(known.outage, null, ended))
  const promotion = pairOf(state).promotions.find(({ epoch }) => epoch === known.epochs[0])
  return promotion === undefined ? known : explain(passCase(promotion))
}

/** A promotion that an outage has come with is told there; any other by itself. */
function withUnnoticed(
  ended: readonly Anatomy[],
  open: readonly Anatomy[],
  promotions: readonly Promotion[],
  explain: (one: Case) => Anatomy,
): readonly Anatomy[] {
  const isTold = (each: Anatomy) => each.of === 'write' && each.outage !== null
  const told = new Set([...ended, ...open].filter(isTold).flatMap(({ epochs }) => epochs))
  const left = ended.filter((each) => each.outage !== null || !each.epochs.some((epoch) => told.has(epoch)))
  const known = new Set([...left, ...open].filter(({ of }) => of === 'write').flatMap(({ epochs }) => epochs))
  return [...left, ...promotions.filter(({ epoch }) => !known.has(epoch)).map((each) => explain(passCase(each)))]
}
