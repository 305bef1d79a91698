import { type Known, namesIn, noSuchPart } from '../faults/target.ts'
import { type Problem, parseYaml, readYamlFile } from '../lab/yaml-file.ts'
import { nearest, orElse } from '../model/did-you-mean.ts'
import type { Quantile } from '../model/expected.ts'
import { ALWAYS_EXPECTED, withThoseItTells } from '../report/always-expected.ts'
import { parseBounds } from '../report/expectation.ts'
import { type Figure, ofWhom } from '../report/figure.ts'
import { figures, findFigure } from '../report/figures.ts'
import type { System } from '../systems/system.ts'
import { systems } from '../systems/systems.ts'
import { whose } from './aim.ts'
import { noClusterSettings, settingsBySystem } from './cluster-settings.ts'
import { leaderWords } from './condition.ts'
import type { Expectation, Scenario, Step } from './scenario.ts'
import { type ScenarioFile, salvageScenario, scenarioSchema } from './schema.ts'

/** What a scenario is checked against: the parts and roles of the lab that it is to run in. */
export interface Stage extends Known {
  /** How many addresses of each kind clients can know; 0: there is nowhere to go. */
  readonly endpoints: number
  /** The sites and hosts with ways in of their own, in a lab on several; left out: none. */
  readonly places?: readonly string[]
  /** The systems of a lab that has several, by name; none in any other lab. */
  readonly instances: readonly string[]
  /** Whose conditions, faults and settings it may use; left out: those of every system. */
  readonly systems?: readonly System[]
}

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
  for (const [index, place] of (from ?? []).entries()) {
    const { places = [] } = stage
    if (places.includes(place)) continue
    const message =
      places.length === 0
        ? 'this lab is on no hosts of its own'
        : `there is no such site or host with a way in for clients; ${orElse(place, places)}`
    problems.push({ path: ['traffic', 'from', index], message })
  }
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

function noSystem(name: string, instances: readonly string[]): string {
  return `there is no system ${name}; ${instances.length === 0 ? 'this lab has but one system' : orElse(name, instances)}`
}

/** Why something is refused that other systems know, and none of this lab does; undefined when there is no reason. */
function foreignTo(
  { systems: own = systems }: Stage,
  word: string,
  words: (of: System) => readonly string[],
): string | undefined {
  const knows = (system: System) => words(system).includes(word)
  const owners = systems.filter(knows).map(({ type }) => type)
  if (owners.length === 0 || own.some(knows)) return undefined
  return `${word} is of ${owners.join(', ')}, and this is a lab of ${own.map(({ type }) => type).join(', ')}`
}

type Path = readonly PropertyKey[]

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

function toExpectations(expect: ScenarioFile['expect'], stage: Stage, problems: Problem[]): Expectation[] {
  const { instances } = stage
  const written = Object.entries(expect).flatMap(([name, wanted]) => {
    const [instance, bare] = ofWhom(name)
    const figure = instance === null || instances.includes(instance) ? findFigure(name) : null
    if (figure !== null && instances.length > 0 && instance === null) {
      const message = `of which system? ${instances.map((each) => `${each}.${name}`).join(' | ')}`
      problems.push({ path: ['expect', name], message })
      return []
    }
    if (figure === null) {
      const known = figures.map((each) => each.name)
      problems.push({ path: ['expect', name], message: `there is no such figure; ${orElse(name, known)}` })
      return []
    }
    const foreign = foreignTo(stage, bare, ({ figures: own = [] }) => own.map((each) => each.name))
    if (foreign !== undefined) {
      problems.push({ path: ['expect', name], message: foreign })
      return []
    }
    if (typeof wanted !== 'object') return toExpectation(figure, 'each', wanted, ['expect', name], problems)
    return Object.entries(wanted).flatMap(([quantile, bounds]) =>
      toExpectation(figure, quantile as Quantile, bounds, ['expect', name, quantile], problems),
    )
  })
  const named = new Set(Object.keys(expect).flatMap(withThoseItTells))
  const always =
    instances.length === 0
      ? ALWAYS_EXPECTED
      : instances.flatMap((each) => ALWAYS_EXPECTED.map((name) => `${each}.${name}`))
  const implied = always
    .filter((name) => !named.has(name))
    .map((name): Expectation => {
      const figure = findFigure(name) as Figure
      return { figure, quantile: 'each', bounds: { text: '= 0', all: [{ operator: '=', value: 0 }] }, isImplied: true }
    })
  return [...written, ...implied]
}

function toExpectation(
  figure: Figure,
  quantile: Quantile,
  wanted: string | number | undefined,
  path: Path,
  problems: Problem[],
): Expectation[] {
  const bounds = parseBounds(wanted ?? '', figure.unit)
  if ('error' in bounds) {
    problems.push({ path, message: `${figure.name} is a ${figure.unit}: ${bounds.error}` })
    return []
  }
  return [{ figure, quantile, bounds, isImplied: false }]
}
