import { findCompose } from '../docker/compose.ts'
import { listContainers } from '../docker/containers.ts'
import { EngineError } from '../docker/engine-error.ts'
import { dockerCli } from '../docker/hosts.ts'
import { hasImage } from '../docker/images.ts'
import { LAB_NODE } from '../docker/lab-node.ts'
import { hasOverlay, type OpenedHost } from '../docker/swarm.ts'
import type { LabDefinition } from '../lab/definition.ts'
import { stateWords } from '../model/words.ts'
import { adviseOn, lossesOf, tellLoss } from '../systems/placement.ts'
import { commandWith } from './command-with.ts'
import { bad, type Finding, good } from './finding.ts'
import { openMachines, servicesOn } from './host-machines.ts'
import { findUnreached, UNREACHED_ADVICE } from './host-reach.ts'

/** What a lab on several hosts stands on, and what the loss of one of them would take along. */
export async function examineHosts(definition: LabDefinition, labFile: string): Promise<Finding[]> {
  const { hosts, compose, place } = definition
  const machines = await openMachines(definition)
  try {
    const answering = machines.answering.map(({ host, engine }) =>
      good('host', `${host.name}: Docker at ${engine.address}`),
    )
    const silent = machines.silent.map((text) => bad('host', text, SEE_TO_IT))
    const tool = compose === undefined ? null : await findCompose()
    const missing = compose !== undefined && tool === null
    const each = await Promise.all(
      machines.answering.map((one) =>
        examineHost(one, definition, labFile).catch(untold('host', `${one.host.name}: `)),
      ),
    )
    const unreached = await findUnreached(definition, machines.answering)
    const losses = lossesOf(place.shape).map((loss) => bad('placement', tellLoss(loss), adviseOn(loss)))
    return [
      ...answering,
      ...silent,
      ...(missing
        ? [bad('compose', 'no compose tool', `${commandWith(labFile, 'up')} installs one on Debian and Ubuntu`)]
        : []),
      ...each.flat(),
      ...unreached.map((text) => bad('network', text, `where no host is cut off by a fault: ${UNREACHED_ADVICE}`)),
      ...(losses.length > 0 ? losses : [good('placement', `any one of ${hosts.length} hosts can be lost`)]),
    ]
  } finally {
    machines.close()
  }
}

const SEE_TO_IT = 'check that machine, and that you can log in to it with ssh'

/** What cannot be looked at as an engine does not answer is a finding: of the rest all is told. */
export function untold(check: string, whose = ''): (error: unknown) => Finding[] {
  return (error) => {
    if (error instanceof EngineError) return [bad(check, `${whose}${error.message}`, SEE_TO_IT)]
    throw error
  }
}

async function examineHost(one: OpenedHost, definition: LabDefinition, labFile: string): Promise<Finding[]> {
  const { host, engine } = one
  const { compose, docker } = definition
  const up = commandWith(labFile, 'up')
  const { image, app, overlay } = compose ?? {}
  const found: Finding[] = []
  for (const tag of [...(image ? [image.tag] : []), ...(app ? [LAB_NODE] : [])]) {
    if (!(await hasImage(engine, tag))) found.push(bad('image', `${host.name} has no ${tag}`, `${up} copies it`))
  }
  if (overlay && !(await hasOverlay(one, overlay))) {
    found.push(bad('network', `${host.name} is not in the network ${overlay.name}`, `${up} joins it`))
  }
  if (docker === undefined) return found
  const listed = await listContainers(engine, docker)
  for (const service of servicesOn(definition, host.name)) {
    const container = listed.find((each) => each.service === service)?.container
    if (container === undefined) found.push(bad('containers', `${host.name} has no ${service}`, `${up} makes it`))
    else if (container.state !== 'running') {
      const verb = container.state === 'paused' ? 'unpause' : 'start'
      const advice = `${dockerCli(host.docker)} ${verb} ${container.name}`
      found.push(bad('containers', `${service} on ${host.name} ${stateWords(container.state)}`, advice))
    }
  }
  return found
}
