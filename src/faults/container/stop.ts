import { z } from 'zod'
import type { Verb } from '../../docker/act.ts'
import { was } from '../../model/predicate.ts'
import { stateWords } from '../../model/words.ts'
import { allEnded } from '../all-ended.ts'
import { FaultError, type FaultKind, type FaultScope, noSettings, type UndoKind } from '../fault.ts'
import { ANY_CONTAINER, namesOf, type Part } from '../part.ts'
import { refuseUnless } from './refuse-unless.ts'

export const stop: FaultKind = {
  type: 'stop',
  family: 'container',
  schema: noSettings,
  aims: ANY_CONTAINER,
  effects: ['takes-part-away', 'hands-over', 'over-when-running'],
  about: 'Stops the container cleanly (SIGTERM, then its grace period): a leader hands over before it goes.',
  describe: (_params, parts) => `stop ${namesOf(parts)}`,
  byHand: (_params, parts, { containers }) => parts.map(({ service }) => containers.commandFor('stop', service)),
  refusal: (_params, parts, world, signal) => refuseUnless(['running', 'paused'], parts, world, signal),
  async inject(_params, parts, scope, signal) {
    await actOnEach(parts, scope, { verb: 'stop', undo: 'start-again', state: 'exited' }, signal)
    return { ...was('stopped'), proof: 'Docker says exited', isSeenByDocker: true }
  },
}

interface Doing {
  readonly verb: Verb
  /** The type of the undo. */
  readonly undo: 'start-again' | 'unpause'
  /** What Docker must say of each container afterwards. */
  readonly state: string
}

/** Does one thing to the container of each part at the same time, and makes sure that Docker says so of each. */
export async function actOnEach(
  parts: readonly Part[],
  scope: FaultScope,
  { verb, undo, state }: Doing,
  signal: AbortSignal,
): Promise<void> {
  const { containers } = scope.world
  for (const { service } of parts) await scope.defer({ type: undo, params: { service } })
  await allEnded(parts.map(({ service }) => containers.act(verb, service, signal)))
  for (const { service } of parts) {
    const facts = await containers.facts(service, signal)
    if (facts.state !== state) throw new FaultError(`${service} is ${facts.state}, not ${state}`)
  }
}

const schema = z.strictObject({ service: z.string() })

/** Starts a container that a fault has ended; one that runs is left alone. */
export const startAgain: UndoKind<z.output<typeof schema>> = {
  type: 'start-again',
  isIndependent: true,
  isDoneBy: ['start'],
  schema,
  async perform({ service }, { containers }, signal) {
    const { state } = await containers.facts(service, signal)
    if (state === 'paused') await containers.act('unpause', service, signal)
    else if (state !== 'running') await containers.act('start', service, signal)
  },
  async remains({ service }, { containers }, signal) {
    const { state } = await containers.facts(service, signal)
    return state === 'running' ? null : `${service} ${stateWords(state)}`
  },
  byHand: ({ service }, { containers }) => containers.commandFor('start', service),
}
