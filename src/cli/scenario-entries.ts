import { type Draw, drawsOf } from '../faults/draws.ts'
import type { LabDefinition } from '../lab/definition.ts'
import { placesOf, routesFrom } from '../lab/hosts.ts'
import { FileError } from '../lab/yaml-file.ts'
import type { LabShape } from '../model/events.ts'
import { drawScenario } from '../scenario/random.ts'
import { parseScenario, readScenario } from '../scenario/read-scenario.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { Stage } from '../scenario/stage.ts'
import { partsOf } from '../systems/parts.ts'
import { openLabEngines } from './lab-engines.ts'
import { otherLabOf } from './shipped-labs.ts'

/** A scenario and where it came from. */
export interface Entry {
  readonly source: string
  readonly scenario: Scenario
  /** The file that was drawn for it; null for one that lies somewhere already. */
  readonly drawn: string | null
}

/** Reads all files. @throws {FileError} with every mistake of every file, before anything is touched */
export async function readEntries(files: readonly string[], stage: Stage, labFile: string): Promise<Entry[]> {
  const read = await Promise.allSettled(files.map((file) => readScenario(file, stage)))
  const problems = read.flatMap((one, index) => {
    if (one.status === 'fulfilled') return []
    if (!(one.reason instanceof FileError)) throw one.reason
    const file = files[index] ?? ''
    const other = otherLabOf(file, labFile)
    return [
      ...one.reason.problems,
      ...(other ? [`${file}: is a scenario of ${other.names[0]}: add --lab ${other.names[0]}`] : []),
    ]
  })
  if (problems.length > 0) throw new FileError(problems)
  return read.flatMap((one, index) => {
    return one.status === 'fulfilled' ? [{ source: files[index] ?? '', scenario: one.value, drawn: null }] : []
  })
}

/** Draws one of random faults. */
export function drawEntry(seed: string, forMs: number, stage: Stage): Entry {
  const drawn = drawScenario({ seed, forMs, draws: drawsIn(stage) })
  return { source: DRAWN_FILE, scenario: parseScenario(DRAWN_FILE, drawn, stage), drawn }
}

/** What chance may draw in this lab: of several systems, each in its own roles. */
function drawsIn({ systems = [], instances }: Stage): readonly Draw[] {
  return systems.flatMap((system, index) => {
    const [name] = instances.slice(index)
    return drawsOf(system).map((draw) => {
      return name === undefined ? draw : { ...draw, targets: draw.targets.map((target) => `${name}.${target}`) }
    })
  })
}

/** In the folder of the run. */
const DRAWN_FILE = 'scenario.yaml'

/** What scenarios of this lab can name. */
export async function stageOf(definition: LabDefinition): Promise<Stage> {
  const { containers } = await openLabEngines(definition)
  return stageWith(definition, await definition.place.look(containers))
}

/** The same once it is known what is there. */
export function stageWith({ system, place, docker, instances, hosts }: LabDefinition, shape: LabShape): Stage {
  const parts = docker ? partsOf(shape) : []
  const routes = instances.map((one) => one.place.routes(shape.instances?.[one.name ?? ''] ?? shape, 'all'))
  const endpoints = Math.min(...routes.map((each) => each?.write.length ?? 0))
  const places = routes.flatMap((each) => routesFrom(placesOf(hosts), hosts, each))
  const named = instances.flatMap(({ name }) => name ?? [])
  const systems = instances.map((one) => one.system)
  return { parts, roles: system.roles, missing: place.missing(shape), endpoints, places, instances: named, systems }
}
