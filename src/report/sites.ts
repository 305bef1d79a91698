import { type AsleepSpan, measuredMs } from '../model/asleep.ts'
import type { LabEvent, OperationKind, ProbeAnswered } from '../model/events.ts'
import { beganMs, lastOutage, noTrack, type Outage, type OutageTrack, outageMs, trackOutage } from '../model/outage.ts'
import type { Summary } from './summary-schema.ts'

type Site = NonNullable<Summary['sites']>[number]

interface Known {
  readonly asked: number
  readonly acknowledged: number
  readonly untilMs: number
  readonly track: OutageTrack
  readonly ended: readonly Outage[]
}

const nothing: Known = { asked: 0, acknowledged: 0, untilMs: 0, track: noTrack, ended: [] }

/**
 * What clients of single sites had, and those of single shares, told as outages of all clients are; takes in the events
 * of a run one by one.
 */
export function createSites() {
  const [sites, shares] = [new Map<string, OfKinds>(), new Map<string, OfKinds>()]
  return {
    add(event: LabEvent, asleep: readonly AsleepSpan[]) {
      if (event.type === 'site.probe') addTo(sites, event.from, { ...event, type: 'probe' }, asleep)
      if (event.type !== 'probe') return
      const { shares: names = [], ...all } = event
      for (const name of names) {
        const answers = all.answers.filter(({ share }) => share === name)
        addTo(shares, name, { ...all, intervalMs: all.intervalMs * names.length, answers }, asleep)
      }
    },
    sites: (asleep: readonly AsleepSpan[]): Site[] => toldOf(sites, asleep),
    shares: (asleep: readonly AsleepSpan[]): Site[] => toldOf(shares, asleep),
  }
}

type OfKinds = Record<OperationKind, Known>

function addTo(
  all: Map<string, OfKinds>,
  name: string,
  event: ProbeAnswered & { readonly atMs: number },
  asleep: readonly AsleepSpan[],
): void {
  const { kind, answers, atMs } = event
  const known = all.get(name) ?? { write: nothing, read: nothing }
  const { track, ended } = trackOutage(known[kind].track, event, atMs, asleep)
  const after: Known = {
    asked: known[kind].asked + answers.length,
    acknowledged: known[kind].acknowledged + answers.filter(({ outcome }) => outcome === 'ok').length,
    untilMs: atMs,
    track,
    ended: [...known[kind].ended, ...ended],
  }
  all.set(name, { ...known, [kind]: after })
}

function toldOf(all: ReadonlyMap<string, OfKinds>, asleep: readonly AsleepSpan[]): Site[] {
  return [...all].map(([name, { write, read }]) => ({ name, write: told(write, asleep), read: told(read, asleep) }))
}

function told({ asked, acknowledged, untilMs, track, ended }: Known, asleep: readonly AsleepSpan[]): Site['write'] {
  const open = lastOutage(track, untilMs, asleep)
  const outages = [...ended, ...(open === null ? [] : [open])].map((outage) => {
    const ms = outageMs(outage)
    const fromMs = beganMs(outage)
    return { fromMs, toMs: outage.firstAckMs, ms: ms ?? measuredMs(fromMs, untilMs, asleep) }
  })
  return { asked, acknowledged, outages }
}
