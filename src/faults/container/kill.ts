import { z } from 'zod'
import { type SignalName, signalNames } from '../../docker/send-signal.ts'
import { was } from '../../model/predicate.ts'
import { allEnded } from '../all-ended.ts'
import { FaultError, type FaultKind } from '../fault.ts'
import { ANY_CONTAINER, namesOf, type Part } from '../part.ts'
import type { World } from '../world.ts'
import { refuseUnless } from './refuse-unless.ts'

const schema = z.strictObject({
  /** Which signal the container's first process is sent; KILL ends every process of it at once. */
  signal: z.enum(signalNames).default('KILL'),
})

export const kill: FaultKind<z.output<typeof schema>> = {
  type: 'kill',
  family: 'container',
  schema,
  aims: ANY_CONTAINER,
  effects: ['takes-part-away', 'over-when-running'],
  about: 'Kills every process of the container at once, as a crash or a power cut does, or sends it another signal.',
  describe({ signal: name }, parts) {
    const names = namesOf(parts)
    return name === 'KILL' ? `kill ${names}` : `send SIG${name} to ${names}`
  },
  byHand: ({ signal: name }, parts, { containers }) =>
    parts.map(({ service }) => {
      const command = containers.commandFor('kill', service)
      return name === 'KILL' ? command : command.replace(' kill ', ` kill -s ${name} `)
    }),
  refusal: (_params, parts, world, signal) => refuseUnless(['running', 'paused'], parts, world, signal),
  async inject({ signal: name }, parts, scope, signal) {
    const { world } = scope
    for (const { service } of parts) await scope.defer({ type: 'start-again', params: { service } })
    await allEnded(parts.map(({ service }) => world.containers.sendSignal(service, name, signal)))
    const isMeantToEnd = ENDING.has(name) || (name === 'USR1' && parts.some((part) => part.kind === 'proxy'))
    const running = await stillRunning(parts, world, isMeantToEnd ? ENDS_WITHIN_MS : SHOWS_WITHIN_MS, signal)
    if (name === 'KILL' && running.length > 0) throw new FaultError(`${running.join(', ')} did not end by SIGKILL`)
    if (running.length === 0) {
      const how = name === 'KILL' ? 'killed' : `ended by SIG${name}`
      return { ...was(how), proof: 'Docker says exited', isSeenByDocker: true }
    }
    const proof = `Docker sent it, and ${running.join(', ')} still ${running.length === 1 ? 'runs' : 'run'}`
    // What is on its way out has to be started again later; what took no notice, or only notice, has not.
    const isMomentary = !isMeantToEnd && running.length === parts.length
    return { ...was(`sent SIG${name}`), proof, isMomentary, isSeenByDocker: ENDING.has(name) }
  },
}

/** A process that handles them puts its affairs in order first; HAProxy takes USR1 so too (a soft stop). */
const ENDING: ReadonlySet<SignalName> = new Set(['KILL', 'TERM', 'INT', 'QUIT', 'ABRT'])
const ENDS_WITHIN_MS = 5_000
const SHOWS_WITHIN_MS = 1_000
const POLL_MS = 50

/** The parts whose containers have not ended after so long. */
async function stillRunning(
  parts: readonly Part[],
  { containers, clock }: World,
  withinMs: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const untilMs = clock.nowMs() + withinMs
  for (;;) {
    const running: string[] = []
    for (const { name, service } of parts) {
      const { state } = await containers.facts(service, signal)
      if (state !== 'exited' && state !== 'dead') running.push(name)
    }
    if (running.length === 0 || clock.nowMs() >= untilMs) return running
    await clock.sleep(POLL_MS, signal)
  }
}
