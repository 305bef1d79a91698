import { z } from 'zod'
import { containerName } from '../../../../faults/container/container-name.ts'
import { FaultError, type UndoKind } from '../../../../faults/fault.ts'
import { word } from '../../../../faults/network/settings.ts'
import { toolsImage } from '../../../../faults/network/side.ts'
import type { World } from '../../../../faults/world.ts'
import { askProxy, RUNTIME_PORT, readProxyServers } from './runtime-api.ts'

const schema = z.strictObject({ service: containerName, server: word, backends: z.array(word).min(1) })
type Params = z.output<typeof schema>

/**
 * Makes a server ready again in the proxy. The proxy keeps that in memory alone: one that does not run, or was started
 * again, has nothing to undo.
 */
export const proxyServerReady: UndoKind<Params> = {
  type: 'proxy-server-ready',
  schema,
  async perform(params, world, signal) {
    const left = await leftOver(params, world, signal)
    const commands = left.map(({ backend, server }) => `set server ${backend}/${server} state ready`)
    if (commands.length > 0) await askProxy(params.service, commands, world, signal)
  },
  async remains(params, world, signal) {
    const left = await leftOver(params, world, signal)
    if (left.length === 0) return null
    return `${params.service}: ${left.map(({ backend, server, admin }) => `${backend}/${server} is in ${admin}`).join(', ')}`
  },
  byHand({ service, server, backends }, world) {
    const container = world.containers.commandFor('stop', service).split(' ').at(-1)
    const commands = backends.map((backend) => `set server ${backend}/${server} state ready`).join(';')
    return `docker run --rm --network container:${container} ${toolsImage(world)} bash -c 'exec 3<>/dev/tcp/127.0.0.1/${RUNTIME_PORT}; echo "${commands}" >&3; cat <&3'`
  },
}

async function leftOver({ service, server, backends }: Params, world: World, signal: AbortSignal) {
  const { state } = await world.containers.facts(service, signal)
  if (state === 'paused') throw new FaultError(`${service} is paused, and its runtime API with it`)
  if (state !== 'running') return []
  const servers = await readProxyServers(service, world, signal)
  if (servers === null) throw new FaultError(`${service} has no runtime API any more`)
  return servers.filter((each) => each.server === server && backends.includes(each.backend) && each.admin !== 'ready')
}
