import { stringify } from 'yaml'
import { type Draw, drawsOf } from '../faults/draws.ts'
import { pick, type Rng, seededRng } from '../model/rng.ts'
import { sum } from '../model/sum.ts'
import { findFaultKind } from '../systems/fault-kinds.ts'
import { systemOf } from '../systems/systems.ts'

/** How long a round takes beside what it holds: until the cluster is healthy again, as it was measured. */
const RECOVERY_MS = 6_000

interface RandomOptions {
  readonly seed: string
  /** About how long it is to take; rounds are drawn until their expected times add up to it. */
  readonly forMs: number
  /** What chance may draw; default: what it may of a Patroni cluster. */
  readonly draws?: readonly Draw[]
}

/**
 * Draws a scenario of random faults, one after the other, each healed before the next. The same seed and length give
 * the same text on every machine; what a role stands for is decided when it runs, by the same seed.
 * @returns a scenario file, which replays it
 */
export function drawScenario({ seed, forMs, draws = drawsOf(systemOf(null)) }: RandomOptions): string {
  if (draws.length === 0)
    throw new Error('there are no random faults for this system: it has no role leader or replica')
  const rng = seededRng(seed)
  const steps: object[] = []
  for (let expectedMs = 0, round = 1; expectedMs < forMs; round++) {
    const drawn = drawWeighted(rng, draws)
    const calmSeconds = between(rng, 3, 10)
    const holdSeconds = between(rng, 5, 30)
    // One that is over at once has nothing to be healed.
    const isMomentary = findFaultKind(drawn.inject)?.effects.includes('over-at-once') === true
    steps.push({ wait: 'healthy', within: '240s' }, { hold: `${calmSeconds}s` })
    steps.push({
      inject: drawn.inject,
      target: pick(rng, drawn.targets),
      ...drawn.settings?.(rng),
      ...(isMomentary ? {} : { as: `round-${round}` }),
    })
    steps.push({ hold: `${holdSeconds}s` })
    if (!isMomentary) steps.push({ heal: `round-${round}` })
    expectedMs += (calmSeconds + holdSeconds) * 1_000 + RECOVERY_MS
  }
  steps.push({ wait: 'healthy', within: '240s' }, { hold: '5s' })
  return `${HEADING}${stringify({
    name: `random faults, seed ${seed}`,
    seed,
    steps,
    expect: EXPECTED,
  })}`
}

/** What such faults may cost depends on the settings of the cluster, and on which of them were in force. */
const EXPECTED = {
  outage_beyond_prediction: '= 0s',
  split_brain_beyond_fault: '= 0s',
  // A leader that is resumed, or stopped at last, answers nobody for a moment.
  split_brain_unknown: '< 10s',
  lost_writes_beyond_fault: 0,
  unexplained_lost_writes: 0,
}

const HEADING = `# Drawn by chance; the same seed draws the same, and this file replays it. No outage may be longer, and no split brain,
# than the settings of the cluster allow for the fault in force. Writes may be lost by faults that leave the old leader
# taking them, in synchronous mode by none, and each is explained by a fork of the timeline. Replicas agree at the end.
`

function drawWeighted(rng: Rng, draws: readonly Draw[]): Draw {
  const total = sum(draws.map(({ weight }) => weight))
  let left = rng() * total
  for (const each of draws) {
    left -= each.weight
    if (left < 0) return each
  }
  return draws[draws.length - 1] as Draw
}

/** A whole number, both ends included. */
function between(rng: Rng, from: number, to: number): number {
  return from + Math.floor(rng() * (to - from + 1))
}
