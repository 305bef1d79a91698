import { sum } from '../../model/sum.ts'
import type { Measured } from '../summary-schema.ts'
import { durationText } from './format.ts'

type Kind = 'write' | 'read'

/** Clients of one site, or of one share, that went without for longer than all clients together. */
export interface OutAlone {
  readonly name: string
  readonly isSite: boolean
  /** All their outages together, … */
  readonly ms: number
  /** … and the longest of them. */
  readonly longestMs: number
  readonly isOver: boolean
}

/** The worst first. */
export function outAlone({ outages, shares = [], sites = [] }: Measured, kind: Kind): readonly OutAlone[] {
  const ofAll = outages
    .filter((outage) => outage.kind === kind)
    .map(({ atLeastMs: ms, toMs }) => ({ ms, isOver: toMs !== null }))
  const all = summed(ofAll)
  const told = (isSite: boolean) => (some: (typeof shares)[number]) => {
    const own = some[kind].outages.map(({ ms, toMs }) => ({ ms, isOver: toMs !== null }))
    return { name: some.name, isSite, ...summed(own) }
  }
  return [...shares.map(told(false)), ...sites.map(told(true))]
    .filter(({ ms, longestMs, isOver }) => {
      const isLonger = ms >= all.ms + MIN_ALONE_MS || longestMs >= all.longestMs + MIN_ALONE_MS
      return isLonger || (!isOver && all.isOver)
    })
    .sort((a, b) => b.ms - a.ms)
}

/** Less is what two ways to ask differ by. */
const MIN_ALONE_MS = 1_000

function summed(outages: readonly { readonly ms: number; readonly isOver: boolean }[]) {
  const lengths = outages.map(({ ms }) => ms)
  return {
    ms: sum(lengths),
    longestMs: Math.max(0, ...lengths),
    isOver: outages.every(({ isOver }) => isOver),
  }
}

/** A sentence for each. */
export function tellOutAlone(measured: Measured, kind: Kind): readonly string[] {
  return outAlone(measured, kind).map(({ name, ms, isOver }) => {
    return `Clients of ${name} could not ${kind} for ${durationText(ms)}${isOver ? '' : ', and not at the end'}.`
  })
}
