import { type Bench, watchMachine } from './bench.ts'

/** What every contestant of a closed loop is measured by. */
export interface Round {
  readonly operations: number
  readonly failed: number
  readonly perSecond: number
  readonly cpuMs: number
}

export interface Contestant<R extends Round = Round> {
  readonly name: string
  run(): Promise<R>
}

/** A contestant's rounds, in order. */
export interface Played {
  readonly name: string
  readonly perSecond: number[]
  readonly cpuPerThousandMs: number[]
  /** Cores that the client kept busy. */
  readonly clientCores: number[]
  /** Of all cores, by anybody: 0 to 1. */
  readonly machineBusy: number[]
  failed: number
}

/** More failures than this share of what went well make a round worth nothing. */
const VOID = 0.01

/**
 * Lets the contestants play by turns, each round in the opposite order to the one before, so that what drifts (caches,
 * checkpoints, a growing table) meets all of them alike.
 */
export async function play(contestants: readonly Contestant[], bench: Bench): Promise<Played[]> {
  const played = contestants.map(
    ({ name }): Played => ({ name, perSecond: [], cpuPerThousandMs: [], clientCores: [], machineBusy: [], failed: 0 }),
  )
  for (let round = 0; round < bench.rounds; round++) {
    const order = contestants.map((contestant, at) => ({ contestant, row: played[at] as Played }))
    for (const { contestant, row } of round % 2 === 0 ? order : order.toReversed()) {
      bench.signal.throwIfAborted()
      const busy = watchMachine()
      const { operations, failed, perSecond, cpuMs } = await contestant.run()
      if (operations === 0 || failed > operations * VOID) {
        throw new Error(`${contestant.name}: ${failed} statements failed and ${operations} did not, so no comparison`)
      }
      row.machineBusy.push(busy())
      row.perSecond.push(perSecond)
      row.cpuPerThousandMs.push((cpuMs * 1_000) / operations)
      row.clientCores.push((cpuMs * perSecond) / operations / 1_000)
      row.failed += failed
    }
  }
  return played
}

/** Round by round: this one's throughput over that one's. */
export function ratiosTo(reference: Played, played: Played): number[] {
  return played.perSecond.map((each, round) => each / (reference.perSecond[round] as number))
}
