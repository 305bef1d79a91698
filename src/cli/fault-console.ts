import { randomBytes } from 'node:crypto'
import { FaultError, type FaultKind } from '../faults/fault.ts'
import { ANY_CONTAINER, type Part, partsAndOthers } from '../faults/part.ts'
import { resolveTarget } from '../faults/resolve-target.ts'
import { readSettings, settingsOf } from '../faults/settings.ts'
import { formatTarget, parseTarget, type Target } from '../faults/target.ts'
import type { World } from '../faults/world.ts'
import type { Lab } from '../lab/lab.ts'
import { findLeftBehind, healFound } from '../lab/left-behind.ts'
import { seededRng } from '../model/rng.ts'
import type { State } from '../model/state.ts'
import { formatDuration } from '../model/units.ts'
import { faultKindsOf, findFaultKind } from '../systems/fault-kinds.ts'
import { systemOf } from '../systems/systems.ts'
import type { AimChoice, FaultConsole, HeldByOther, MenuOrder, ReadOrder, ToldFault } from '../tui/control.ts'
import { commandWith } from './command-with.ts'
import { tellStuck } from './heal-all.ts'
import { healLeftBehind } from './heal-left-behind.ts'

interface ConsoleOptions {
  readonly lab: Pick<Lab, 'definition' | 'faults' | 'world' | 'log' | 'live' | 'clock' | 'closing'>
  /** As it was given on the command line. */
  readonly labFile: string
  /** Ends an injection that is under way. */
  readonly signal: AbortSignal
  /** Stops the scenario that runs, and ends when it has healed what it had in force. */
  endScenario(): Promise<void>
}

/** What the screen can break in this lab; undefined in one whose containers are nobody's business. */
export function createFaultConsole({ lab, labFile, signal, endScenario }: ConsoleOptions): FaultConsole | undefined {
  const { faults, world } = lab
  if (faults === null || world === null) return undefined
  return {
    kinds: faultKindsOf(lab.definition.instances.map(({ system }) => system)).map((kind) => ({
      ...kind,
      settings: settingsOf(kind),
      read: (given, parts) => readOrder(kind, given, parts, world.parts),
    })),
    aims: (state) => aimsOf(state, world.parts),
    command: (order) => commandOf(order, lab.live.current(), world, labFile),
    async inject({ kind: type, target: text, settings }) {
      const [kind, target] = [findFaultKind(type), parseTarget(text)]
      if (kind === null || 'error' in target) return `there is no ${type} of ${text}`
      const read = readSettings(kind, settings)
      if (!read.ok) return read.mistakes.map(({ message }) => message).join('; ')
      try {
        await faults.inject({ kind, params: read.params, target }, seededRng(randomBytes(4).toString('hex')), signal)
        return null
      } catch (error) {
        return (error as Error).message
      }
    },
    async start(name) {
      const part = partsAndOthers(world.parts, lab.live.current()).find((each) => each.name === name)
      if (part === undefined) return { isGood: false, text: `there is no container of ${name}` }
      const fromMs = lab.clock.nowMs()
      try {
        const wasDown = await faults.start(part)
        if (!wasDown) return { isGood: false, text: `the container of ${name} runs already` }
        return { isGood: true, text: `${name} runs again, after ${formatDuration(lab.clock.nowMs() - fromMs)}` }
      } catch (error) {
        return { isGood: false, text: `${name} could not be started: ${(error as Error).message}` }
      }
    },
    async healAll() {
      try {
        const before = faults.active().length
        await endScenario()
        const stuck = await faults.healAll()
        const left = await healLeftBehind(lab)
        const { held } = await findLeftBehind(lab.definition)
        const others = held.map(({ pid, outstanding }) => ({ pid, texts: outstanding.map(({ text }) => text) }))
        const counts = { healed: before + left.healed, failed: stuck.length + left.stuck.length }
        return { ...tellHealed(counts, others, notRunning(lab.live.current())), others }
      } catch (error) {
        return { isGood: false, text: `healing failed: ${(error as Error).message}`, others: [] }
      }
    },
    async healOthers() {
      try {
        const { held } = await findLeftBehind(lab.definition)
        const { healed, stuck } = await healFound(held, world)
        if (stuck.length > 0) return { isGood: false, text: tellStuck(stuck).join(' ') }
        return { isGood: true, text: `${healed.length} healed that other processes had in force` }
      } catch (error) {
        return { isGood: false, text: `healing failed: ${(error as Error).message}` }
      }
    },
  }
}

function tellHealed(
  { healed, failed }: { readonly healed: number; readonly failed: number },
  others: readonly HeldByOther[],
  down: readonly string[],
): ToldFault {
  if (failed > 0) return { isGood: false, text: `${failed} could not be healed` }
  if (others.length > 0) {
    const held = others.map(({ pid, texts }) => `process ${pid} has in force: ${texts.join('; ')}`)
    return {
      isGood: false,
      text: `${healed > 0 ? 'all of this run is healed' : 'nothing of this run is in force'}; ${held.join('; ')}`,
    }
  }
  if (healed > 0) return { isGood: true, text: 'everything is healed' }
  if (down.length === 0) return { isGood: true, text: 'there is nothing left to heal' }
  return {
    isGood: false,
    text: `no fault of the lab is in force, but ${down.join(', ')} ${down.length > 1 ? 'do' : 'does'} not run: t starts a container`,
  }
}

/** The parts whose container is there and does nothing. */
function notRunning({ lab, containers }: State): string[] {
  return Object.entries(lab?.containerOf ?? {}).flatMap(([part, service]) => {
    const state = containers[service]?.container?.state
    return state === undefined || state === 'running' ? [] : [part]
  })
}

function readOrder(
  kind: FaultKind,
  given: readonly string[],
  parts: readonly Part[],
  among: readonly Part[],
): ReadOrder {
  const read = readSettings(kind, given)
  if (!read.ok) return read
  try {
    return { ok: true, text: kind.describe(read.params, parts, among) }
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    return { ok: false, mistakes: [{ setting: null, message: error.message }] }
  }
}

/** The roles that somebody has now, then every part by its name. */
function aimsOf(state: State, parts: readonly Part[]): readonly AimChoice[] {
  const targets: Target[] = [
    ...systemOf(state.lab).roles.map(({ name }): Target => ({ type: 'name', name })),
    ...partsAndOthers(parts, state).map(({ name }): Target => ({ type: 'name', name })),
  ]
  const aims = targets.flatMap((target): AimChoice[] => {
    const found = resolve(target, state, parts)
    return found.length === 0 ? [] : [{ target: formatTarget(target), parts: found }]
  })
  // A part that is called like a role is reached by that role alone.
  return aims.filter((aim, index) => aims.findIndex(({ target }) => target === aim.target) === index)
}

const ANYTHING = { type: 'anything', aims: ANY_CONTAINER } as const

function resolve(target: Target, state: State, parts: readonly Part[]): readonly Part[] {
  try {
    return resolveTarget(
      target,
      ANYTHING,
      { parts, missing: [], state: () => state, system: systemOf(state.lab) },
      seededRng(''),
    )
  } catch (error) {
    if (error instanceof FaultError) return []
    throw error
  }
}

/** What a person would type: by Docker itself where that does the same. */
function commandOf(
  { kind: type, target: text, settings }: MenuOrder,
  state: State,
  world: World,
  labFile: string,
): string {
  const [kind, target] = [findFaultKind(type), parseTarget(text)]
  const read = kind === null ? null : readSettings(kind, settings)
  const parts = 'error' in target ? [] : resolve(target, state, world.parts)
  const byHand = read?.ok === true && parts.length > 0 ? kind?.byHand?.(read.params, parts, world) : undefined
  return byHand?.join(' && ') ?? commandWith(labFile, 'inject', type, text, ...settings)
}
