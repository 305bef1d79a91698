import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { portsInFile } from '../docker/compose.ts'
import { connectEngine } from '../docker/engine.ts'
import { listNeighbours, type Neighbour } from '../docker/neighbours.ts'
import { readLabDefinition } from '../lab/definition.ts'
import { many } from '../model/words.ts'
import { commandWith } from './command-with.ts'
import { defaultLab, type ShippedLab, shippedLabs } from './shipped-labs.ts'

/** What `chaoslab labs --json` prints, one a lab. */
export interface LabListing {
  /** What `--lab` calls it. */
  readonly name: string
  readonly otherNames: readonly string[]
  readonly isDefault: boolean
  readonly description: string | null
  readonly file: string
  /** On this machine, or on each of its hosts, ascending: those that it always needs. */
  readonly ports: readonly number[]
  /** Whether any of its containers runs; null when no engine could be asked. */
  readonly isUp: boolean | null
  readonly runningContainers: number | null
}

/** Lists the labs that ship. */
export async function labs({ json }: { readonly json?: true }): Promise<void> {
  const running = await runningContainers()
  if (running instanceof Error) console.error(`${running.message}; so which lab is up is not known`)
  const neighbours = running instanceof Error ? null : running
  const listings = await Promise.all(shippedLabs().map((lab) => listLab(lab, neighbours)))
  console.log(json ? JSON.stringify(listings, null, 2) : listings.map(formatListing).join('\n'))
}

/** Of whatever origin; or why no engine could be asked. */
export async function runningContainers(): Promise<readonly Neighbour[] | Error> {
  const engine = await connectEngine().catch((error: Error) => error)
  if (engine instanceof Error) return engine
  try {
    return await listNeighbours(engine)
  } finally {
    engine.close()
  }
}

/** @param running every container that runs; null when that is not known */
export async function listLab(
  { names: [name, ...otherNames], file }: ShippedLab,
  running: readonly Neighbour[] | null,
): Promise<LabListing> {
  const { description = null, compose, folder, hosts } = await readLabDefinition(file)
  // The engine of this machine knows nothing of what others run.
  const own =
    hosts.length > 0 ? undefined : running?.filter(({ compose: of }) => of !== null && of.project === compose?.project)
  const config = compose ? await readFile(path.resolve(folder, compose.file), 'utf8') : ''
  const ports = compose ? portsInFile(config, { ...process.env, ...compose.environment }) : []
  return {
    name,
    otherNames,
    isDefault: file === defaultLab(),
    description,
    file,
    ports: [...new Set(ports.map(({ port }) => port))].sort((a, b) => a - b),
    isUp: own === undefined ? null : own.length > 0,
    runningContainers: own?.length ?? null,
  }
}

function formatListing({ name, otherNames, isDefault, description, ports, ...told }: LabListing): string {
  const names = [name, ...otherNames].join(', ')
  return [
    `${names}${isDefault ? ' (the default)' : ''}: ${tellUp(told)}`,
    ...(description === null ? [] : [`  ${description}`]),
    `  ports ${formatPorts(ports)}`,
  ].join('\n')
}

function tellUp({ isUp, runningContainers, file }: Pick<LabListing, 'isUp' | 'runningContainers' | 'file'>): string {
  if (isUp === null) return `not known whether it is up; ${commandWith(file, 'status')} asks it`
  return isUp ? `up (${many(runningContainers ?? 0, 'container runs', 'containers run')})` : 'down'
}

/** Neighbours as a range: `5001–5002, 7001`. */
export function formatPorts(ports: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const port of ports) {
    const last = ranges.at(-1)
    if (last && port === last[1] + 1) last[1] = port
    else ranges.push([port, port])
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ')
}
