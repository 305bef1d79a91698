import path from 'node:path'
import { findCompose, type PublishedPort, publishedPorts } from '../docker/compose.ts'
import { listContainers } from '../docker/containers.ts'
import { connectEngine, type Engine } from '../docker/engine.ts'
import { hasImage } from '../docker/images.ts'
import { LAB_NODE } from '../docker/lab-node.ts'
import { takenPorts } from '../docker/ports.ts'
import { type LabDefinition, readLabDefinition } from '../lab/definition.ts'
import type { Lab } from '../lab/lab.ts'
import { findLeftovers } from '../lab/left-behind.ts'
import { stateWords } from '../model/words.ts'
import { problemsOf } from '../systems/state.ts'
import { attachTo } from './attach.ts'
import { commandWith } from './command-with.ts'
import { composeProject } from './compose-project.ts'
import { examineHosts, untold } from './doctor-hosts.ts'
import { bad, type Finding, good } from './finding.ts'
import { tellTaken, whoHolds } from './held-ports.ts'
import { interruptSignal } from './interrupt.ts'
import type { GlobalOptions } from './options.ts'
import { findNotUp } from './require-up.ts'
import { lookOnce } from './status.ts'

/** Checks all that the lab stands on, and says what to do about each thing that is amiss. */
export async function doctor(options: GlobalOptions & { json?: true }): Promise<void> {
  const signal = interruptSignal()
  const definition = await readLabDefinition(options.lab)
  const findings = await examine(definition, options, signal)
  console.log(options.json ? JSON.stringify(findings, null, 2) : findings.map(formatFinding).join('\n'))
  process.exitCode = findings.every((finding) => finding.isGood) ? 0 : 1
}

async function examine(definition: LabDefinition, options: GlobalOptions, signal: AbortSignal): Promise<Finding[]> {
  if (definition.hosts.length > 0) {
    return [
      ...(await examineHosts(definition, options.lab)),
      ...(await examineCluster(definition, options.lab, signal).catch(untold('cluster'))),
    ]
  }
  const engine = await connectEngine().catch((error: Error) => error)
  if (engine instanceof Error) {
    return [
      bad('engine', engine.message, `${commandWith(options.lab, 'up')} installs and starts one on Debian and Ubuntu`),
    ]
  }
  try {
    return [
      good('engine', `Docker ${engine.version} at ${engine.address} (${engine.chosenBy})`),
      ...(await examineCompose(engine, definition, options.lab)),
      ...(await examineContainers(engine, definition, options.lab)),
      ...(await examineCluster(definition, options.lab, signal)),
    ]
  } finally {
    engine.close()
  }
}

async function examineCompose(engine: Engine, definition: LabDefinition, labFile: string): Promise<Finding[]> {
  if (!definition.compose) return []
  const up = commandWith(labFile, 'up')
  const tool = await findCompose()
  if (!tool) return [bad('compose', 'no compose tool', `${up} installs one on Debian and Ubuntu`)]
  const { image, app } = definition.compose
  return [
    good('compose', `${tool.command.join(' ')} ${tool.version}`),
    ...(image
      ? [await examineImage(engine, image.tag, `${up} builds it from ${path.join(image.context, 'Dockerfile')}`)]
      : []),
    ...(app ? [await examineImage(engine, LAB_NODE, `${up} builds it`)] : []),
    ...(await examinePorts(engine, definition, {
      file: labFile,
      ports: await publishedPorts(tool, composeProject(definition)),
    })),
  ]
}

async function examineImage(engine: Engine, tag: string, advice: string): Promise<Finding> {
  if (await hasImage(engine, tag)) return good('image', `${tag} is there`)
  return bad('image', `${tag} is missing`, advice)
}

async function examinePorts(
  engine: Engine,
  definition: LabDefinition,
  { file, ports }: { readonly file: string; readonly ports: readonly PublishedPort[] },
): Promise<Finding[]> {
  const holders = await whoHolds(await takenPorts(engine, definition.compose?.project ?? '', ports))
  if (holders.length === 0) return [good('ports', `${ports.length} ports are ours or free`)]
  return tellTaken(holders, { name: definition.name, file }).map(({ what, advice }) => bad('ports', what, advice))
}

const ADVICE: Readonly<Record<string, string>> = { paused: 'unpause', exited: 'start', created: 'start', dead: 'rm -f' }

async function examineContainers(engine: Engine, definition: LabDefinition, labFile: string): Promise<Finding[]> {
  if (!definition.docker) return []
  const found = await listContainers(engine, definition.docker)
  if (found.length === 0) return [bad('containers', 'none', `${commandWith(labFile, 'up')} makes them`)]
  const down = found.filter((each) => each.container.state !== 'running')
  if (down.length === 0) return [good('containers', `${found.length} running`)]
  return down.map(({ service, container }) =>
    bad(
      'containers',
      `${service} ${stateWords(container.state)}`,
      `docker ${ADVICE[container.state] ?? 'start'} ${container.name}`,
    ),
  )
}

async function examineCluster(definition: LabDefinition, labFile: string, signal: AbortSignal): Promise<Finding[]> {
  const notUp = await findNotUp(definition, labFile)

  const lab = await attachTo(definition, { hasStats: false })
  try {
    const state = notUp === null ? await lookOnce(lab, signal) : null
    const advice =
      state !== null && definition.system.isBeyondRepair?.(state)
        ? `it does not recover by itself: ${commandWith(labFile, 'down')} --volumes, which deletes its data, then ${commandWith(labFile, 'up')}`
        : `${commandWith(labFile, 'ui')} shows whether it recovers by itself`
    const problems = state === null ? [] : problemsOf(state)
    const cluster = problems.map((problem) => bad('cluster', problem, advice))
    return [
      ...(notUp !== null
        ? [bad('cluster', notUp.what, notUp.advice)]
        : cluster.length === 0
          ? [good('cluster', 'healthy')]
          : cluster),
      ...(await examineLeftovers(lab, labFile, signal)),
    ]
  } finally {
    await lab.close('doctor')
  }
}

/** Whether faults have left anything: in the journals, or in the containers themselves. */
async function examineLeftovers({ definition, world }: Lab, labFile: string, signal: AbortSignal): Promise<Finding[]> {
  if (world === null) return []
  const left = await findLeftovers(definition, world, signal)
  if (left.length === 0) return [good('faults', 'nothing is left of any')]
  const heal = commandWith(labFile, 'heal')
  // Of an engine that does not answer, whoever asked it says the same.
  const different = left.filter(({ text }, index) => left.findIndex((each) => each.text === text) === index)
  return different.map(({ text, byHand, goesByItself, isUntold }) => {
    if (isUntold) return bad('faults', text, `look again: ${commandWith(labFile, 'doctor')}`)
    return bad(
      'faults',
      text,
      goesByItself ? GOES_BY_ITSELF : byHand === null ? heal : `${heal}, or by hand: ${byHand}`,
    )
  })
}

const GOES_BY_ITSELF = 'wait: it ends by itself three minutes after that run was last heard'

function formatFinding({ check, isGood, found, advice }: Finding): string {
  return `${isGood ? '✓' : '✗'} ${check.padEnd(10)} ${found}${advice === null ? '' : `\n             → ${advice}`}`
}
