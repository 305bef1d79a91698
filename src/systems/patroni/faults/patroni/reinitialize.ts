import { z } from 'zod'
import { FaultError, type FaultKind, noSettings } from '../../../../faults/fault.ts'
import { namesOf, type Part } from '../../../../faults/part.ts'
import type { World } from '../../../../faults/world.ts'
import { controlOf, type PatroniControl } from '../../control/control.ts'

const BEGUN_WITHIN_MS = 20_000
const POLL_MS = 100

export const reinitialize: FaultKind = {
  type: 'reinitialize',
  family: 'patroni',
  schema: noSettings,
  aims: ['node'],
  effects: ['over-at-once'],
  about: "Deletes a replica's data and has Patroni clone it again from the leader: the repair that loads the network.",
  describe: (_params, parts) => `reinitialize ${namesOf(parts)}`,
  async refusal(_params, parts, world, signal) {
    const key = await controlOf(world).etcd.get('leader', signal)
    if (key === null) return 'nobody holds the leader key, so there is nobody to clone from'
    if (parts.some((part) => part.name === key.value)) return `${key.value} is the leader: only a replica can be cloned`
    return null
  },
  async inject(_params, parts, { world }, signal) {
    const proofs = await Promise.all(parts.map((part) => cloneAgain(part, world, signal)))
    return {
      text: 'is being cloned again from the leader',
      textOfSeveral: 'are being cloned again from the leader',
      proof: proofs.join('; '),
    }
  },
}

/** Small data is cloned in a moment: that PostgreSQL was started again since is as good a proof. */
async function cloneAgain({ name }: Part, world: World, signal: AbortSignal): Promise<string> {
  const { patroni } = controlOf(world)
  const { clock } = world
  const before = await readNode(name, patroni, signal)
  const { status, text } = await patroni.ask(name, 'POST', '/reinitialize', { body: { force: true } }, signal)
  if (status !== 200) throw new FaultError(`${name} refuses to be cloned again: ${text}`)
  const until = clock.nowMs() + BEGUN_WITHIN_MS
  while (clock.nowMs() < until) {
    const now = await readNode(name, patroni, signal)
    if (now?.state === 'creating replica') return `${name} says: creating replica`
    if (now?.startedAt && before?.startedAt && now.startedAt !== before.startedAt) {
      return `${name} was cloned: PostgreSQL there started at ${now.startedAt}`
    }
    await clock.sleep(POLL_MS, signal)
  }
  throw new FaultError(`${name} took the order, but is not being cloned after ${BEGUN_WITHIN_MS / 1000} s`)
}

const nodeSchema = z.object({ state: z.string(), postmaster_start_time: z.string().nullish() })

async function readNode(name: string, patroni: PatroniControl, signal: AbortSignal) {
  try {
    const { body } = await patroni.ask(name, 'GET', '/patroni', { timeoutMs: 2_000 }, signal)
    const node = nodeSchema.safeParse(body).data
    return node === undefined ? null : { state: node.state, startedAt: node.postmaster_start_time ?? null }
  } catch {
    signal.throwIfAborted()
    return null
  }
}
