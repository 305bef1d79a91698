import { namesIn, noSuchPart } from '../faults/target.ts'
import { type Problem, parseYaml, readYamlFile } from '../lab/yaml-file.ts'
import { nearest, orElse } from '../model/did-you-mean.ts'
import { systems } from '../systems/systems.ts'
import { whose } from './aim.ts'
import { noClusterSettings, settingsBySystem } from './cluster-settings.ts'
import { leaderWords } from './condition.ts'
import { toExpectations } from './read-expectations.ts'
import type { Scenario, Step } from './scenario.ts'
import { type ScenarioFile, salvageScenario, scenarioSchema } from './schema.ts'
import { foreignTo, noSystem, type Stage } from './stage.ts'

/**
 * Reads a scenario file and checks all of it against the lab.
 * @throws {FileError} with every mistake at once, each with its line and path; nothing has been touched
 */
export function readScenario(file: string, stage: Stage): Promise<Scenario> {
  return readYamlFile(file, scenarioSchema, (parsed, problems) => toScenario(parsed, stage, problems), salvageScenario)
}

/** The same for text already at hand. @throws {FileError} */
export function parseScenario(file: string, text: string, stage: Stage): Scenario {
  return parseYaml(
    file,
    text,
    scenarioSchema,
    (parsed, problems) => toScenario(parsed, stage, problems),
    salvageScenario,
  )
}

function toScenario(parsed: ScenarioFile, stage: Stage, problems: Problem[]): Scenario {
  const { name, description, tags, cluster, workload, steps, repeat, seed } = parsed
  const { writes: writesPerSecond, reads: readsPerSecond, endpoints, pipeline, from } = parsed.traffic
  problems.push(...settingsProblems(cluster, stage))
  if (endpoints === 'all' && stage.endpoints < 2) {
    problems.push({ path: ['traffic', 'endpoints'], message: onlyOneEndpoint(stage) })
  }
  problems.push(...placeProblems(from ?? [], stage))
  checkSteps(steps, ['steps'], stage, new Set(), problems)
  return {
    name,
    description,
    tags,
    cluster,
    traffic: { writesPerSecond, readsPerSecond, endpoints, pipeline, ...(from && { from }) },
    ...(workload !== undefined && { workload }),
    steps,
    expectations: toExpectations(parsed.expect, stage, problems),
    repeat,
    seed: seed === undefined ? null : String(seed),
  }
}

/** A host has the clients of one place: one run, one ledger. */
function placeProblems(names: readonly string[], { places = [] }: Stage): Problem[] {
  const hostsOf = (name: string) => places.find(({ from }) => from === name)?.hosts
  return names.flatMap((name, index) => {
    const about = (message: string): Problem[] => [{ path: ['traffic', 'from', index], message }]
    if (places.length === 0) return about('this lab is on no hosts of its own')
    const own = hostsOf(name)
    if (own === undefined) {
      const known = places.map(({ from }) => from)
      return about(`there is no such site or host with a way in for clients; ${orElse(name, known)}`)
    }
    const other = names.slice(0, index).find((each) => hostsOf(each)?.some((host) => own.includes(host)))
    return other === undefined ? [] : about(`shares a host with ${other}, which is named before it: name one of them`)
  })
}

function settingsProblems(
  settings: ScenarioFile['cluster'],
  { systems: known = systems, instances }: Stage,
): Problem[] {
  return [...settingsBySystem(settings)].flatMap(([name, own]) => {
    const about = (key: string, message: string): Problem => {
      return { path: ['cluster', name === null ? key : `${name}.${key}`], message }
    }
    const keys = Object.keys(own)
    if (name !== null && !instances.includes(name)) return keys.map((key) => about(key, noSystem(name, instances)))
    if (name === null && instances.length > 0) {
      return keys.map((key) => about(key, `of which system? ${instances.map((each) => `${each}.${key}`).join(' | ')}`))
    }
    const meant = name === null ? known : known.filter((_, index) => instances[index] === name)
    const taken = meant.flatMap(({ clusterSettings }) => clusterSettings ?? [])
    if (taken.length === 0) return [{ path: ['cluster'], message: noClusterSettings(meant) }]
    const shape: Record<string, unknown> = Object.assign({}, ...taken.map((each) => each.shape))
    return [
      ...keys
        .filter((key) => !Object.hasOwn(shape, key))
        .map((key) => about(key, `there is no such setting; ${orElse(key, Object.keys(shape))}`)),
      ...taken.flatMap((each) => each.problems(own)).map(({ key, message }) => about(key, message)),
    ]
  })
}

type Path = Problem['path']

/** @param named names that faults have been given before this place, in whatever branch */
function checkSteps(steps: readonly Step[], path: Path, stage: Stage, named: Set<string>, problems: Problem[]): void {
  for (const [index, step] of steps.entries()) checkStep(step, [...path, index], stage, named, problems)
}

function checkStep(step: Step, path: Path, stage: Stage, named: Set<string>, problems: Problem[]): void {
  const nested = (branches: readonly (readonly Step[])[], key: string) => {
    for (const [index, branch] of branches.entries()) checkSteps(branch, [...path, key, index], stage, named, problems)
  }
  switch (step.type) {
    case 'inject': {
      const foreign = foreignTo(stage, step.kind.type, ({ faults }) => faults.map(({ type }) => type))
      if (foreign !== undefined) problems.push({ path: [...path, 'inject'], message: foreign })
      problems.push(...targetProblems(step, [...path, 'target'], stage), ...momentProblems(step, path, stage))
      if (step.as !== null) {
        if (named.has(step.as))
          problems.push({ path: [...path, 'as'], message: `${step.as} is taken by an earlier step` })
        named.add(step.as)
      }
      return
    }
    case 'heal':
      if (step.name !== null && !named.has(step.name)) {
        const meant = nearest(step.name, [...named])
        const known = `there is ${[...named].join(', ') || 'none'}; all heals every one`
        const message = `no fault before this step is called ${step.name}${meant === null ? ` (${known})` : `; did you mean ${meant}?`}`
        problems.push({ path: [...path, 'heal'], message })
      }
      return
    case 'wait': {
      const { condition } = step
      problems.push(...systemProblems(step, path, stage))
      if (condition.type === 'own') {
        const foreign = foreignTo(stage, condition.key, ({ conditions = [] }) => conditions.map(({ key }) => key))
        if (foreign !== undefined) problems.push({ path: [...path, 'wait', condition.key], message: foreign })
        return
      }
      if (condition.type !== 'leader' || typeof condition.is === 'string') return
      const { name } = condition.is
      const nodes = stage.parts.filter(({ kind }) => kind === 'node').map((part) => part.name)
      if (nodes.includes(name)) return
      const message = `${name} is no node of this lab; ${orElse(name, [...leaderWords, ...nodes])}`
      problems.push({ path: [...path, 'wait', 'leader'], message })
      return
    }
    case 'parallel':
      nested(step.branches, 'parallel')
      return
    case 'choose':
      nested(step.among, 'choose')
      return
    case 'every':
      checkSteps(step.steps, [...path, 'steps'], stage, named, problems)
      return
    case 'broken':
      for (const name of step.names) named.add(name)
      return
    case 'hold':
    case 'look':
    case 'traffic':
      return
  }
}

function systemProblems(
  { of, condition }: Extract<Step, { type: 'wait' }>,
  path: Path,
  { instances }: Stage,
): Problem[] {
  if (of !== null && !instances.includes(of)) return [{ path: [...path, 'of'], message: noSystem(of, instances) }]
  if (of !== null || instances.length === 0 || condition.type !== 'leader') return []
  return [{ path: [...path, 'wait'], message: `of which system? of: ${instances.join(' | ')}` }]
}

function momentProblems({ at, target }: Extract<Step, { type: 'inject' }>, path: Path, stage: Stage): Problem[] {
  if (at === null) return []
  const foreign = foreignTo(stage, at.key, ({ aims = [] }) => aims.map(({ key }) => key))
  if (foreign !== undefined) return [{ path: [...path, 'at', at.key], message: foreign }]
  const { systems: known = systems, instances } = stage
  const named = known.map((system, index) => ({ name: instances[index] ?? null, system }))
  const found = whose(at, target, named)
  return 'why' in found ? [{ path: [...path, 'at', at.key], message: found.why }] : []
}

function targetProblems({ kind, target }: Extract<Step, { type: 'inject' }>, path: Path, stage: Stage): Problem[] {
  return namesIn(target).flatMap((name) => {
    const found = [...stage.roles, ...stage.parts].find((each) => each.name === name)?.kind
    if (found === undefined) return [{ path, message: noSuchPart(name, stage) }]
    if (!stage.parts.some((part) => part.kind === found)) {
      const message = `no container of that kind (${found}) may be touched: the lab definition names none under docker`
      return [{ path, message }]
    }
    if (kind.aims.includes(found)) return []
    return [{ path, message: `${kind.type} cannot be aimed at this (${found}), only at ${kind.aims.join(', ')}` }]
  })
}

/** Why clients cannot know several addresses, and what would change that. */
export function onlyOneEndpoint({ missing }: Pick<Stage, 'missing'>): string {
  const absent = missing.filter(({ kind }) => kind === 'proxy').map(({ name, how }) => `${name} is not there: ${how}`)
  return ['this lab has one address for clients', ...absent].join('; ')
}
