import { z } from 'zod'
import { FaultError, type FaultKind, type FaultScope } from '../fault.ts'
import { ANY_PART } from '../part.ts'
import { whyNot } from './abilities.ts'
import { changeNetworks } from './change-networks.ts'
import { findPartner } from './datagrams.ts'
import { namesOf } from './groups.ts'
import { addQueue, refuseQueued } from './queues.ts'
import { deadMan, durationIn } from './settings.ts'
import { lookInside } from './side.ts'
import { findSpots, refuseStopped, type Spot } from './spot.ts'

const schema = z.strictObject({
  /** Of each packet that it sends: a round trip takes so much longer once. */
  delay: durationIn({ min: '1ms', max: '5s' }).prefault('100ms'),
  /** How much more or less it may be, by chance. */
  jitter: durationIn({ min: '0ms', max: '4s' }).prefault('0ms'),
  deadMan,
})
type Params = z.output<typeof schema>

/** With tc-netem(8), which many kernels have as a module that is not loaded, and some not at all. */
export const delay: FaultKind<Params> = {
  type: 'delay',
  family: 'network',
  schema,
  aims: ANY_PART,
  effects: ['may-take-part-away', 'slows-part'],
  about: 'Delays what a part sends, as a long line does: synchronous commits and etcd feel every round trip.',
  describe: (params, parts) => `delay what ${namesOf(parts)} sends by ${told(params)}`,
  async refusal(_params, parts, world, signal) {
    const stopped = refuseStopped(await findSpots(parts, world, signal))
    return stopped ?? (await whyNot('netem', world, signal)) ?? refuseQueued(parts, world, signal)
  },
  async inject(params, parts, scope, signal) {
    const targets = await findSpots(parts, scope.world, signal)
    const jitter = params.jitter > 0 ? ` ${params.jitter}ms` : ''
    const make = addQueue(`netem delay ${params.delay}ms${jitter}`)
    const changes = targets.map((at) => ({ at, isTarget: true, make }))
    await changeNetworks(changes, scope, { deadManMs: params.deadMan, isShaped: true }, signal)
    const proofs = await Promise.all(targets.map((target) => prove(target, params, scope, signal)))
    return {
      text: `sends everything ${told(params)} late`,
      textOfSeveral: `send everything ${told(params)} late`,
      proof: proofs.join('; '),
    }
  },
}

function told({ delay, jitter }: Params): string {
  return jitter > 0 ? `${delay} ± ${jitter} ms` : `${delay} ms`
}

/** A connection takes a round trip, and a refusal too. Where nothing listens, the refusal is what takes it. */
async function prove(target: Spot, params: Params, { world }: FaultScope, signal: AbortSignal): Promise<string> {
  const { address } = await findPartner(target, ['all'], world, signal)
  const connect = `a=\${EPOCHREALTIME/[.,]/}; timeout 9 bash -c 'exec 3<>/dev/tcp/${address}/9' 2>/dev/null; b=\${EPOCHREALTIME/[.,]/}; echo $((b - a))`
  const tookMs = Number(await lookInside(target.part.service, connect, world, signal)) / 1_000
  const leastMs = params.delay - params.jitter
  if (!(tookMs >= leastMs)) {
    throw new FaultError(`a round trip from ${target.part.name} takes ${tookMs} ms, less than ${leastMs} ms`)
  }
  return `a round trip from ${target.part.name} takes ${Math.round(tookMs)} ms`
}
