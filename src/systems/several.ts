import { panelOf } from '../draw/panel.ts'
import type { SystemParts, World } from '../faults/world.ts'
import type { LiveState } from '../log/live-state.ts'
import type { LabShape } from '../model/events.ts'
import { initialState, type State } from '../model/state.ts'
import { statusOf } from './default-operation.ts'
import { askedOf } from './default-report.ts'
import type { Tuning } from './operated.ts'
import type { Place } from './place.ts'
import type { System } from './system.ts'

/** What a lab of several systems calls its own system, which is all of them together. */
const SEVERAL = 'several'

/** The systems of a lab that has several, each by its name, as one: `a.leader` is the leader of `a`. */
export function severalSystems(systems: Readonly<Record<string, System>>): System {
  const all = Object.entries(systems)
  const own = (state: State, name: string) => state.instances[name] ?? initialState
  const ofPart = (part: string, { lab }: State) =>
    all.find(([name]) => part in (lab?.instances?.[name]?.containerOf ?? {}))
  const [[, first] = []] = all
  if (first === undefined) throw new Error('a lab of several systems names at least one')
  return {
    type: SEVERAL,
    sections: {},
    locate() {
      throw new Error('each system is located by itself')
    },
    kindOf: () => 'proxy',
    logged: () => [],
    reduce: (_before, _event, core) => core,
    appointed: () => null,
    isUrgent: () => false,
    describe: () => [],
    problems: (state) =>
      all.flatMap(([name, system]) => system.problems(own(state, name)).map((problem) => `${name}: ${problem}`)),
    primaries: (state) => all.flatMap(([name, system]) => system.primaries(own(state, name))),
    isTelling: () => false,
    whatRemains(state, services, how) {
      return all.flatMap(([name, system]) => {
        const containers = Object.values(state.lab?.instances?.[name]?.containerOf ?? {})
        const gone = services.filter((service) => containers.includes(service))
        return gone.length === 0
          ? []
          : system.whatRemains(own(state, name), gone, how).map((line) => `${name}: ${line}`)
      })
    },
    panels: all.flatMap(([name, { panels }]) =>
      panels.map((panel) => panelOf(panel, name, (state) => own(state, name))),
    ),
    sources: (state) => all.flatMap(([name, system]) => askedOf(system, own(state, name))),
    awaited: (state) => all.flatMap(([name, system]) => system.awaited?.(own(state, name)) ?? []),
    status(state) {
      const each = all.map(([name, system]) => {
        const [one, { json, lines }] = [own(state, name), statusOf(system, own(state, name))]
        return { name, lines, json: { problems: system.problems(one), primaries: system.primaries(one), ...json } }
      })
      return {
        json: { instances: Object.fromEntries(each.map(({ name, json }) => [name, json])) },
        lines: each.flatMap(({ name, lines }) => [`── ${name} ──`, ...lines, '']),
      }
    },
    ...tuningOfAll(all, own),
    faults: [],
    undos: [],
    words: first.words,
    concluded: () => [],
    ...partsOfAll(all, own, ofPart),
  }
}

/** The presets of the first that has any: a timing that each of those takes. */
function tuningOfAll(all: Named, own: (state: State, name: string) => State): { readonly tuning?: Tuning } {
  const timed = all.flatMap(([name, { tuning }]) => (tuning === undefined ? [] : [{ name, tuning }]))
  const [first] = timed
  if (first === undefined) return {}
  return {
    tuning: {
      ...first.tuning,
      isSet(preset, state) {
        const each = timed.map(({ name, tuning }) => tuning.isSet(preset, own(state, name)))
        return each.includes(null) ? null : each.every((isSet) => isSet)
      },
    },
  }
}

type Named = readonly (readonly [string, System])[]

function partsOfAll(
  all: Named,
  own: (state: State, name: string) => State,
  ofPart: (part: string, state: State) => Named[number] | undefined,
): SystemParts {
  return {
    roles: all.flatMap(([name, { roles }]) => roles.map((role) => ({ ...role, name: `${name}.${role.name}` }))),
    inRole(role, parts, state) {
      const [name, system] = all.find(([each]) => role.startsWith(`${each}.`)) ?? []
      if (name === undefined || system === undefined) return []
      const containerOf = state.lab?.instances?.[name]?.containerOf ?? {}
      const ofThis = parts.filter((part) => part.name in containerOf)
      return system.inRole(role.slice(name.length + 1), ofThis, own(state, name))
    },
    meansOf(part, state) {
      const [name, system] = ofPart(part, state) ?? []
      return name === undefined || system === undefined ? null : system.meansOf(part, own(state, name))
    },
    async setUp(world, signal) {
      const each = all.map(async ([name, system]) => (await system.setUp?.(world.of(name), signal)) ?? {})
      return Object.assign({}, ...(await Promise.all(each)))
    },
    async leftovers(world, signal) {
      const each = all.map(async ([name, system]) => (await system.leftovers?.(world.of(name), signal)) ?? [])
      return (await Promise.all(each)).flat()
    },
  }
}

/** `standsOn`: which of them a system stands on, so that it feels their faults. */
export function severalPlaces(
  name: string,
  places: Readonly<Record<string, Place>>,
  standsOn: Readonly<Record<string, readonly string[]>> = {},
): Place {
  const all = Object.entries(places)
  const shapeOf = (shapes: Readonly<Record<string, LabShape>>): LabShape => ({
    name,
    system: SEVERAL,
    nodes: [],
    containerOf: Object.assign({}, ...Object.values(shapes).map(({ containerOf }) => containerOf)),
    instances: Object.fromEntries(Object.entries(shapes).map(([each, own]) => [each, onWhat(each, own, shapes)])),
  })
  const onWhat = (each: string, own: LabShape, shapes: Readonly<Record<string, LabShape>>): LabShape => {
    const below = (standsOn[each] ?? []).map((other) => shapes[other]?.containerOf)
    return below.length === 0 ? own : { ...own, standsOn: Object.assign({}, ...below) }
  }
  const ofEach = <T>(
    { instances = {} }: LabShape,
    make: (place: Place, shape: LabShape, name: string) => readonly T[],
  ) => all.flatMap(([each, place]) => make(place, instances[each] ?? place.shape, each))
  const hasTiming = all.some(([, place]) => place.setTiming !== undefined)
  return {
    servers: all.flatMap(([, { servers }]) => servers),
    doors: all.flatMap(([, { doors }]) => doors),
    shape: shapeOf(Object.fromEntries(all.map(([each, { shape }]) => [each, shape]))),
    async look(containers) {
      const looked = all.map(async ([each, place]) => [each, await place.look(containers)] as const)
      return shapeOf(Object.fromEntries(await Promise.all(looked)))
    },
    missing: (shape) => ofEach(shape, (place, own) => place.missing(own)),
    routes: () => null,
    entrances: (shape) => ofEach(shape, (place, own, each) => place.entrances(own).map((line) => `${each}: ${line}`)),
    observe: () => [],
    control: null,
    ...(hasTiming && {
      async setTiming(timing: object, signal: AbortSignal) {
        await Promise.all(all.map(([, place]) => place.setTiming?.(timing, signal)))
      },
    }),
  }
}

/** What is known of one of several systems, as if it were alone. */
export function liveOf(live: Viewed, name: string): Viewed {
  const own = (state: State) => state.instances[name] ?? initialState
  return {
    current: () => own(live.current()),
    until: async (predicate, signal) => own(await live.until((state) => predicate(own(state), null), signal)),
  }
}

type Viewed = Pick<LiveState, 'current' | 'until'>

/** What faults of one of several systems see and touch: its own parts and state, through the same containers. */
export function worldOfOne(
  world: Omit<World, 'of' | 'within'>,
  name: string,
  system: System,
  { control }: Place,
): World {
  const live = liveOf(
    { current: world.state, until: (predicate, signal) => world.until((state) => predicate(state, null), signal) },
    name,
  )
  const containerOf = () => world.state().lab?.instances?.[name]?.containerOf ?? {}
  const one: World = {
    ...world,
    parts: world.parts.filter((part) => part.name in containerOf()),
    system,
    control,
    state: live.current,
    until: live.until,
    of: () => one,
    within: () => one,
  }
  return one
}
