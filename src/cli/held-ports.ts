import type { PortHolder, TakenPort } from '../docker/ports.ts'
import { type LabDefinition, readLabDefinition } from '../lab/definition.ts'
import { shellWord } from '../report/words/format.ts'
import { commandWith } from './command-with.ts'
import { formatPorts } from './labs.ts'
import { shippedFiles } from './shipped-labs.ts'

/** Somebody who holds ports that a lab needs. */
export interface Holder {
  readonly taken: readonly TakenPort[]
  /** The lab that ships whose containers hold them; null when it is no such lab. */
  readonly lab: { readonly file: string; readonly definition: LabDefinition } | null
}

/** Who holds these ports: what one lab, or one process, holds is put together. */
export async function whoHolds(taken: readonly TakenPort[]): Promise<readonly Holder[]> {
  if (taken.length === 0) return []
  const labs = await Promise.all(
    shippedFiles().map(async (file) => ({ file, definition: await readLabDefinition(file) })),
  )
  const holders = Map.groupBy(taken, ({ holder }) => identityOf(holder))
  return [...holders.values()].map((own) => {
    const project = projectOf(own[0]?.holder)
    const lab = labs.find(({ definition }) => project !== null && definition.compose?.project === project)
    return { taken: own, lab: lab ?? null }
  })
}

/** For each holder, what it holds and how to get it back for this lab. */
export function tellTaken(
  holders: readonly Holder[],
  { name, file }: { readonly name: string; readonly file: string },
): readonly { readonly what: string; readonly advice: string }[] {
  const canSwitch = holders.every(({ lab }) => lab !== null)
  return holders.map(({ taken, lab }) => {
    const ports = taken.map(({ port }) => port).sort((a, b) => a - b)
    const held = `port${ports.length === 1 ? '' : 's'} ${formatPorts(ports)}, which ${name} needs`
    if (lab === null) return { what: `${describe(taken)} holds ${held}`, advice: advise(taken) }
    const itself = `${commandWith(lab.file, 'down')} takes it down and keeps its data`
    const switching = canSwitch ? `; ${commandWith(file, 'up')} --switch does so and brings ${name} up` : ''
    return { what: `the lab ${lab.definition.name} is up and holds ${held}`, advice: `${itself}${switching}` }
  })
}

function identityOf(holder: PortHolder): string {
  if (holder.type === 'container')
    return holder.project === null ? `container ${holder.name}` : `project ${holder.project}`
  return holder.type === 'process' ? `process ${holder.pid}` : 'unknown'
}

function projectOf(holder: PortHolder | undefined): string | null {
  return holder?.type === 'container' ? holder.project : null
}

function containersOf(taken: readonly TakenPort[]): readonly string[] {
  return [...new Set(taken.flatMap(({ holder }) => (holder.type === 'container' ? [holder.name] : [])))]
}

function describe(taken: readonly TakenPort[]): string {
  const holder = taken[0]?.holder
  if (holder?.type === 'process') return `${holder.name} (pid ${holder.pid})`
  if (holder?.type !== 'container') return 'another process'
  return holder.project === null ? `the container ${holder.name}` : `the compose project ${holder.project}`
}

function advise(taken: readonly TakenPort[]): string {
  const containers = containersOf(taken)
  const end = containers.length > 0 ? `docker stop ${containers.map(shellWord).join(' ')}` : 'end it'
  return `${end}, or change ${taken.length === 1 ? 'the port' : 'the ports'} in the compose file`
}
