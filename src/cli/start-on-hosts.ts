import { composeUp, ensureCompose, requireSameMaker } from '../docker/compose.ts'
import { connectEngine, type Engine } from '../docker/engine.ts'
import { copyFiles } from '../docker/host-files.ts'
import { imageOf, sendImage } from '../docker/images.ts'
import { LAB_NODE } from '../docker/lab-node.ts'
import { type Progress, SetupError } from '../docker/progress.ts'
import { ensureOverlay, hasOverlay, hostsToJoin, joinSwarm, type OpenedHost } from '../docker/swarm.ts'
import type { LabDefinition } from '../lab/definition.ts'
import { labMark } from '../lab/journal-folder.ts'
import { askOnTerminal } from './ask-on-terminal.ts'
import { commandWith } from './command-with.ts'
import { composeProject } from './compose-project.ts'
import { filesFor, onEach, openMachines, servicesOn, withCompose } from './host-machines.ts'
import { ensureImages, type StartOptions } from './start-containers.ts'

/**
 * The same as for one machine, on each host of the lab: one network over all of them, images, files, containers.
 * @throws {SetupError} a line a host that does not answer, or is not to be changed
 */
export async function startOnHosts(definition: LabDefinition, options: StartOptions): Promise<void> {
  const { progress } = options
  const { project } = composeProject(definition)
  const machines = await openMachines(definition)
  const all = machines.answering
  try {
    if (machines.silent.length > 0) throw new SetupError(machines.silent.join('\n'))
    const tool = await ensureCompose(progress)
    for (const { engine } of all) await requireSameMaker(engine, tool, project, commandWith(options.lab, 'down'))
    await joinHosts(definition, all, options)
    await bringImages(definition, all, progress)
    const image = definition.compose?.image?.tag ?? LAB_NODE
    await onEach(all, 'starting the containers on all hosts', progress, async (one, onLine) => {
      const services = servicesOn(definition, one.host.name)
      if (services.length === 0) return
      await copyFiles(one.engine, { project, image, files: await filesFor(definition, services) })
      await withCompose(definition, one, options.variables, (own) => composeUp(tool, own, { services, onLine }))
    })
  } finally {
    machines.close()
  }
}

/** One swarm and its network; nothing of a host is changed before somebody has agreed. */
async function joinHosts(definition: LabDefinition, all: readonly OpenedHost[], options: StartOptions): Promise<void> {
  const overlay = definition.compose?.overlay
  const [first] = all
  if (overlay === undefined || first === undefined) return
  const mark = labMark(definition)
  const joining = await hostsToJoin(all, mark)
  if (joining.length === 0 && (await hasOverlay(first, overlay))) return
  const changes = joining.map(
    ({ host, engine }) => `${host.name} (${engine.address}) becomes a manager of a Docker swarm`,
  )
  await requireConsent([...changes, `the swarm gets the network ${overlay.name} (${overlay.subnet})`], options)
  await options.progress.step(`joining ${all.map(({ host }) => host.name).join(', ')} by one network`, async () => {
    await joinSwarm(all, joining, mark)
    await ensureOverlay(first, overlay, mark)
  })
}

/** @throws {Error} nobody agrees, or nobody is there to be asked */
async function requireConsent(changes: readonly string[], { yes, lab, progress }: StartOptions): Promise<void> {
  if (yes) return
  for (const change of changes) progress.say(`  ${change}`)
  const takesBack = `${commandWith(lab, 'down')} takes all of it back`
  const isAgreed = await askOnTerminal(
    `  ${takesBack}. Change these hosts? [y/N] `,
    `these hosts are not changed without being asked, and there is no terminal to ask on: --yes agrees (${takesBack})`,
  )
  if (!isAgreed) throw new SetupError('nothing was changed')
}

/** The lab's images, built here where there is an engine that makes such as the hosts run; else on the first of them. */
async function bringImages(definition: LabDefinition, all: readonly OpenedHost[], progress: Progress): Promise<void> {
  const { image, app } = definition.compose ?? {}
  const tags = [...(image ? [image.tag] : []), ...(app ? [LAB_NODE] : [])]
  const here = await connectEngine().catch(() => null)
  try {
    const [first] = all
    if (first === undefined) return
    const source = here !== null && (await isAlike(here, first.engine)) ? here : first.engine
    await ensureImages(source, definition, progress)
    for (const tag of tags) await sendToAll(source, all, tag, progress)
  } finally {
    here?.close()
  }
}

async function sendToAll(source: Engine, all: readonly OpenedHost[], tag: string, progress: Progress): Promise<void> {
  const own = await imageOf(source, tag)
  const each = await Promise.all(all.map(async (one) => ({ one, found: await imageOf(one.engine, tag) })))
  const without = each.filter(({ found }) => found?.id !== own?.id).map(({ one }) => one)
  if (without.length === 0) return
  const names = without.map(({ host }) => host.name).join(', ')
  await onEach(without, `copying the image ${tag} to ${names}`, progress, ({ engine }) =>
    sendImage(source, engine, tag),
  )
}

async function isAlike(a: Engine, b: Engine): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map((engine) => engine.call((docker) => docker.version())))
  return one?.Arch === other?.Arch && one?.Os === other?.Os
}
