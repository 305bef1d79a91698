import { FaultError, type FaultScope } from '../../../../faults/fault.ts'
import { namesOf } from '../../../../faults/part.ts'
import { controlOf } from '../../control/control.ts'
import { type ConfigPatch, difference, inverseOf, readConfig, writeConfig } from './dynamic-config.ts'

/** A node reads a change at its next loop at the latest; the longest usual `loop_wait` is 10 s. */
const NODES_WITHIN_MS = 25_000
const POLL_MS = 250

/**
 * Changes Patroni's dynamic configuration for the whole cluster and waits until every node that answers has read it.
 * What restores it, value by value, is deferred first.
 * @param isInForce whether a node's answer to `GET path` shows the change
 * @returns which nodes have it, for people
 */
export async function changeConfig(
  patch: ConfigPatch,
  { path, isInForce }: { readonly path: string; readonly isInForce: (answer: unknown) => boolean },
  scope: FaultScope,
  signal: AbortSignal,
): Promise<string> {
  const { world } = scope
  const before = await readConfig(world, signal)
  if (difference(patch, before) === null) throw new FaultError('that is how it is set already: nothing would change')
  await scope.defer({ type: 'restore-config', params: { patch: inverseOf(patch, before) } })
  await writeConfig(world, patch, signal)
  const left = difference(patch, await readConfig(world, signal))
  if (left !== null) throw new FaultError(`Patroni took the change, but ${left}`)

  const nodes = world.parts.filter((part) => part.kind === 'node')
  const seen = await Promise.all(
    nodes.map(async ({ name }) => ({ name, answer: await untilInForce(name, path, isInForce, scope, signal) })),
  )
  const late = seen.find(({ answer }) => answer === 'differs')
  if (late) throw new FaultError(`${late.name} has not read the change within ${NODES_WITHIN_MS / 1000} s`)
  const [good, silent] = [seen.filter(({ answer }) => answer === 'in force'), seen.filter(({ answer }) => !answer)]
  if (good.length === 0) throw new FaultError('no node answers, so nobody has read the change')
  const unheard = silent.length === 0 ? '' : `; ${namesOf(silent)} did not answer`
  return `GET ${path} of ${namesOf(good)} shows it${unheard}`
}

/** Null: the node did not answer to the end. */
async function untilInForce(
  node: string,
  path: string,
  isInForce: (answer: unknown) => boolean,
  { world }: FaultScope,
  signal: AbortSignal,
): Promise<'in force' | 'differs' | null> {
  const { clock } = world
  const { patroni } = controlOf(world)
  const until = clock.nowMs() + NODES_WITHIN_MS
  let last: 'differs' | null = null
  while (clock.nowMs() < until) {
    try {
      const { body } = await patroni.ask(node, 'GET', path, {}, signal)
      if (isInForce(body)) return 'in force'
      last = 'differs'
    } catch {
      signal.throwIfAborted()
      // One that has never answered may be under another fault: the others have shown it long before.
      if (last === null && clock.nowMs() > until - NODES_WITHIN_MS / 2) return null
    }
    await clock.sleep(POLL_MS, signal)
  }
  return last
}
