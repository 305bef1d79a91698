import { kill } from '../faults/container/kill.ts'
import { type Outage, outageMs } from '../model/outage.ts'
import type { State } from '../model/state.ts'
import { formatDuration } from '../model/units.ts'
import type { Experiment, ExperimentTold, Struck } from './operated.ts'

const BASELINE_WRITES = 250

/** What is known of a takeover once clients can write again. */
export interface Takeover {
  readonly to: string
  readonly outage: Outage
}

interface Answers {
  primaries(state: State): readonly string[]
  /** Null before clients can write again. */
  takeover(state: State, struck: Struck): Takeover | null
  /** What follows `patroni2 `. */
  readonly tookOver: string
  /** What governs how long it takes, in brackets; empty when that is not known. */
  settings(state: State): string
}

/** What happens when the primary dies: it is killed under traffic, and started again once another has taken over. */
export function killThePrimary({ primaries, takeover, tookOver, settings }: Answers): Experiment {
  return {
    question: 'what happens when the leader dies?',
    isReady: ({ traffic }) => traffic.totals.write.ok >= BASELINE_WRITES,
    fault(state) {
      const name = primaries(state)[0] as string
      return { kind: kill, params: kill.schema.parse({}), target: { type: 'name', name }, name }
    },
    isOver: (state, struck) => takeover(state, struck) !== null,
    tell(told) {
      const { struck, over, withinMs, isWhole, problems } = told
      const taken = over === null ? null : takeover(over, struck)
      return [
        ...(taken === null
          ? [`${struck.part} was killed, and within ${formatDuration(withinMs)} nobody took over.`]
          : [
              `${struck.part} was killed; ${taken.to} ${tookOver}.`,
              `Clients could not write for ${formatDuration(outageMs(taken.outage) ?? 0)}${settings(told.state)}.`,
            ]),
        ...(told.anatomy.length === 0
          ? []
          : ['', 'Where the time went', ...told.anatomy.map((line) => `  ${line}`), '']),
        isWhole
          ? `${struck.part} came back; the cluster is whole again.`
          : `The cluster is not whole: ${problems.join('; ')}.`,
        ...tellTraffic(told),
      ]
    },
  }
}

function tellTraffic({ state }: ExperimentTold): readonly string[] {
  const { write, read } = state.traffic.totals
  return [
    `Writes: ${write.ok} acknowledged, ${write.failed} failed, ${write.unknown} unknown, ${write.dropped} dropped.`,
    `Reads:  ${read.ok} answered, ${read.failed} failed, ${read.unknown} unknown, ${read.dropped} dropped.`,
  ]
}
