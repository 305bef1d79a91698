import { connectEngine } from '../docker/engine.ts'
import { labContainers } from '../docker/lab-containers.ts'
import { type LabDefinition, shapeOf } from '../lab/definition.ts'
import { partsOf } from '../lab/fault-world.ts'
import { FileError } from '../lab/yaml-file.ts'
import { drawScenario } from '../scenario/random.ts'
import { parseScenario, readScenario, type Stage } from '../scenario/read-scenario.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { isSecondProxyThere } from './attach.ts'

/** A scenario and where it came from. */
export interface Entry {
  readonly source: string
  readonly scenario: Scenario
  /** The file that was drawn for it; null for one that lies somewhere already. */
  readonly drawn: string | null
}

/** Reads all files. @throws {FileError} with every mistake of every file, before anything is touched */
export async function readEntries(files: readonly string[], stage: Stage): Promise<Entry[]> {
  const read = await Promise.allSettled(files.map((file) => readScenario(file, stage)))
  const problems = read.flatMap((one) => {
    if (one.status === 'fulfilled') return []
    if (one.reason instanceof FileError) return [...one.reason.problems]
    throw one.reason
  })
  if (problems.length > 0) throw new FileError(problems)
  return read.flatMap((one, index) => {
    return one.status === 'fulfilled' ? [{ source: files[index] ?? '', scenario: one.value, drawn: null }] : []
  })
}

/** Draws one of random faults. */
export function drawEntry(seed: string, forMs: number, stage: Stage): Entry {
  const drawn = drawScenario({ seed, forMs })
  return { source: DRAWN_FILE, scenario: parseScenario(DRAWN_FILE, drawn, stage), drawn }
}

/** In the folder of the run. */
export const DRAWN_FILE = 'scenario.yaml'

/** The parts that scenarios of this lab can name. */
export async function stageOf(definition: LabDefinition): Promise<Stage> {
  const containers = definition.docker ? labContainers(await connectEngine(), definition.docker) : null
  const hasSecondProxy = await isSecondProxyThere(definition, containers)
  const parts = definition.docker ? partsOf(shapeOf(definition, null, { hasSecondProxy })) : []
  return { parts, hasSecondProxy }
}
