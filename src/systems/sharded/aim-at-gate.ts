import { z } from 'zod'
import { FaultError } from '../../faults/fault.ts'
import type { World } from '../../faults/world.ts'
import type { Aim, Met } from '../scripted.ts'
import type { ShardedControl } from './place.ts'

/** Steps of the protocol at which the executor can be held. */
const GATES = ['before-prepare', 'after-prepare', 'before-decision', 'after-decision', 'before-commit'] as const

const shape = {
  gate: z.enum(GATES),
  /**
   * Before the prepare or the commit of which database, of those of one transaction: the first is 1. Elsewhere a
   * transaction of at least so many databases.
   */
  of: z.int().min(1).optional(),
}
type Value = z.output<z.ZodObject<typeof shape>>

/**
 * A fault while the executor stands at a step of its protocol: it is told to stop there, one transaction at a time, and
 * to go on when the fault is in force. It goes on by itself after a while, whatever becomes of the lab.
 */
export const gateAim: Aim = {
  key: 'gate',
  form: `gate: ${GATES.join(' | ')}, of: 8`,
  shape,
  describe(value) {
    const { gate, of } = value as Value
    return `the executor stands at ${gate}${of === undefined ? '' : ` of ${of}`}`
  },
  meet: (value, world, signal) => meet(value as Value, world, signal),
}

/** How often the executor is asked whether somebody stands there. */
const LOOK_EVERY_MS = 20
/** For how long a transaction is held at most: longer than a fault takes to be in force. */
const HOLD_MS = 20_000
const ANSWER_MS = 2_000

const statusSchema = z.object({
  since: z.string(),
  underWay: z.array(z.object({ gid: z.string(), gate: z.string().nullable() })),
})

async function meet({ gate, of = 1 }: Value, { control, clock }: World, signal: AbortSignal): Promise<Met> {
  const { executor } = control as ShardedControl
  const ask = (method: 'GET' | 'PUT' | 'DELETE', path: string, until: AbortSignal, body?: object) =>
    request(new URL(path, executor), { method, ...(body && { body: JSON.stringify(body) }) }, until)
  const open = () => ask('DELETE', `/gates/${gate}`, new AbortController().signal).catch(() => {})
  const look = async (until: AbortSignal) => statusSchema.parse(await ask('GET', '/status', until))
  try {
    await ask('PUT', `/gates/${gate}`, signal, { of, holdMs: HOLD_MS })
    for (;;) {
      const askedMs = clock.nowMs()
      const { since, underWay } = await look(signal)
      const held = underWay.find((each) => each.gate === gate)
      const atMs = clock.nowMs()
      if (held !== undefined) {
        return {
          atMs,
          doubtMs: atMs - askedMs + LOOK_EVERY_MS,
          async over() {
            const now = await look(new AbortController().signal).catch(() => null)
            await open()
            // One that was killed, or does not answer, cannot have gone on.
            if (now === null || now.since !== since) return null
            const isHeld = now.underWay.some(({ gid, gate: at }) => gid === held.gid && at === gate)
            return isHeld ? null : 'the executor went on before the fault was in force'
          },
        }
      }
      await clock.sleep(LOOK_EVERY_MS, signal)
    }
  } catch (error) {
    await open()
    throw error
  }
}

/** @throws {FaultError} it does not answer, or refuses */
async function request(url: URL, init: RequestInit, signal: AbortSignal): Promise<unknown> {
  let response: Response
  try {
    response = await fetch(url, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) })
  } catch (error) {
    if (signal.aborted) throw signal.reason
    const { cause, name } = error as { readonly cause?: { readonly code?: string }; readonly name: string }
    throw new FaultError(`the executor does not answer (${cause?.code ?? name})`)
  }
  const body: unknown = await response.json().catch(() => null)
  if (!response.ok) throw new FaultError(`the executor refuses: ${JSON.stringify(body)}`)
  return body
}
