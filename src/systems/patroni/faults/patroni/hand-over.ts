import { z } from 'zod'
import { FaultError } from '../../../../faults/fault.ts'
import type { Part } from '../../../../faults/part.ts'
import type { World } from '../../../../faults/world.ts'
import { fresh } from '../../../../model/seen.ts'
import { controlOf } from '../../control/control.ts'
import { patroniOf } from '../../state.ts'

/** Why a command to the leader cannot be aimed at these parts; null when they are one node, the leader. */
export async function refusalUnlessLeader(
  parts: readonly Part[],
  world: World,
  signal: AbortSignal,
): Promise<string | null> {
  const [first, ...others] = parts
  if (first === undefined || others.length > 0) return 'aim it at one node: the leader'
  const key = await controlOf(world).etcd.get('leader', signal)
  if (key === null) return 'nobody holds the leader key at this moment'
  return key.value === first.name ? null : `${first.name} is not the leader: ${key.value} holds the leader key`
}

const memberSchema = z.object({ name: z.string(), role: z.string(), state: z.string() })
const clusterSchema = z.object({ members: z.array(memberSchema), pause: z.boolean().default(false) })
const READY = ['streaming', 'running', 'in archive recovery']

/** Why nobody, or not this candidate, can take over; null when somebody can. */
export async function refusalToLead(
  candidate: string | null,
  leader: string,
  world: World,
  signal: AbortSignal,
): Promise<string | null> {
  if (candidate === leader) return `${leader} leads already: a candidate is another node`
  const { body } = await controlOf(world).patroni.ask(null, 'GET', '/cluster', {}, signal)
  const cluster = clusterSchema.safeParse(body).data
  if (cluster === undefined) return 'GET /cluster does not answer as Patroni does'
  const others = cluster.members.filter((member) => member.name !== leader)
  const ready = others.filter((member) => READY.includes(member.state))
  if (candidate === null && cluster.pause) return 'in maintenance mode Patroni wants to be told who: name a candidate'
  if (candidate === null) return ready.length > 0 ? null : 'no other node is ready to take over'
  if (ready.some((member) => member.name === candidate)) return null
  const state = others.find((member) => member.name === candidate)?.state ?? 'not in the cluster'
  return `${candidate} cannot take over: it is ${state}`
}

/**
 * Orders it, and waits until Patroni has answered and another node holds the leader key.
 * @returns who
 * @throws {FaultError} Patroni refuses, or nobody else holds the key afterwards
 */
export async function handOver(
  { node, path, body }: { readonly node: string; readonly path: '/switchover' | '/failover'; readonly body: object },
  from: string,
  world: World,
  signal: AbortSignal,
): Promise<{ readonly to: string; readonly proof: string }> {
  const { status, text } = await controlOf(world)
    .patroni.ask(node, 'POST', path, { body, timeoutMs: timeoutMs(world) }, signal)
    .catch((error: Error) => {
      if (!signal.aborted) throw error
      throw new FaultError('not waited for any longer: Patroni finishes by itself what it has begun', { cause: error })
    })
  if (status !== 200) throw new FaultError(`Patroni refuses: ${text || `HTTP ${status}`}`)
  const key = await controlOf(world).etcd.get('leader', signal)
  if (key === null) throw new FaultError('Patroni says that it is done, but nobody holds the leader key')
  if (key.value === from) throw new FaultError(`Patroni says that it is done, but ${from} still holds the leader key`)
  return { to: key.value, proof: `Patroni says: ${text}; etcd: ${key.value} holds the leader key` }
}

/** Patroni answers when it is done, after twice max(10, loop_wait) s at the latest (Patroni 4.0, api.py). */
function timeoutMs({ state }: Pick<World, 'state'>): number {
  return 2_000 * Math.max(10, fresh(patroniOf(state()).config)?.loopWaitSeconds ?? 10) + 5_000
}
