import { kill } from '../../faults/container/kill.ts'
import { sum } from '../../model/sum.ts'
import { formatDuration } from '../../model/units.ts'
import type { Experiment } from '../operated.ts'
import { registrationsOf, shapeOf } from './known.ts'

const BASELINE = 100
const AWAY_MS = 3_000

/** The master dies while students register, and comes back: what waits for it meanwhile, and how long it takes after. */
export const killTheMaster: Experiment = {
  question: 'what becomes of registrations while the master is away?',
  rates: { writesPerSecond: 20, readsPerSecond: 5 },
  isReady: ({ traffic }) => traffic.totals.write.ok >= BASELINE,
  fault(state) {
    const { master: name } = shapeOf(state.lab)
    return { kind: kill, params: kill.schema.parse({}), target: { type: 'name', name }, name }
  },
  isOver: (state, { atMs }) => state.atMs >= atMs + AWAY_MS,
  isWhole: (state) => registrationsOf(state).convergence.phase.type === 'calm',
  tell({ struck, state, isWhole, problems }) {
    const { convergence, shards } = registrationsOf(state)
    const absent = sum(Object.values(shards).map(({ absent }) => absent))
    const { write } = state.traffic.totals
    return [
      `${struck.part} was killed and started again; the shards went on.`,
      isWhole && convergence.longestMs !== null
        ? `${formatDuration(convergence.longestMs)} after all servers answered again, nothing waited for it any more.`
        : `${struck.part} does not have everything again: ${problems.join('; ') || 'what waits for it is late'}.`,
      absent === 0
        ? 'Every registration that a shard has marked is at the master.'
        : `${absent} registrations are marked on their shard, and are not at the master.`,
      `Registrations: ${write.ok} acknowledged, ${write.failed} failed, ${write.unknown} unknown, ${write.dropped} dropped.`,
    ]
  },
}
