import { FaultError, type FaultKind } from '../faults/fault.ts'
import { readSettings } from '../faults/settings.ts'
import { type Known, namesIn, noSuchPart, parseTarget, type Target } from '../faults/target.ts'
import { NOTHING_TO_TOUCH } from '../lab/definition.ts'
import type { Lab } from '../lab/lab.ts'
import { tellUnderWay } from '../lab/under-way.ts'
import { orElse } from '../model/did-you-mean.ts'
import { seededRng } from '../model/rng.ts'
import { formatDuration } from '../model/units.ts'
import { faultKinds, faultKindsOf, findFaultKind } from '../systems/fault-kinds.ts'
import { isHealthy } from '../systems/state.ts'
import { attach } from './attach.ts'
import { healEarlier } from './heal.ts'
import { healAtLast, tellStuck } from './heal-all.ts'
import { interruptSignal } from './interrupt.ts'
import { linePrinter } from './line-printer.ts'
import type { GlobalOptions } from './options.ts'
import { requireUp } from './require-up.ts'
import { terminalProgress } from './terminal-progress.ts'

export interface InjectOptions extends GlobalOptions {
  /** Milliseconds; until interrupted when left out. */
  readonly for?: number
  readonly seed?: string
}

const SEEN_WITHIN_MS = 10_000

/**
 * Injects one fault, holds it, and heals it: at the end of its time, when it is interrupted, or when it is over by
 * itself. Exit code: 0 healed, also by Ctrl-C, which is how one ends it; 1 something is stuck; 2 refused or failed;
 * 130 interrupted before it was in force, and taken back.
 */
export async function inject(
  type: string,
  target: string,
  settings: readonly string[],
  options: InjectOptions,
): Promise<void> {
  const kind = findFaultKind(type)
  if (kind === null) {
    const known = faultKinds.map((each) => each.type)
    throw new Error(`there is no fault ${type}; ${orElse(type, known)} (chaoslab faults tells of each)`)
  }
  const aim = parseTarget(target)
  if ('error' in aim) throw new Error(`${JSON.stringify(target)}: ${aim.error}`)
  const params = paramsOf(kind, settings)
  const signal = interruptSignal()
  await requireUp(options)
  const lab = await attach(options)
  const detach = lab.log.attach(linePrinter(lab.live, (line) => console.log(line)))
  try {
    const systems = lab.definition.instances.map(({ system }) => system)
    if (!faultKindsOf(systems).includes(kind)) throw new Error(`${type} is a fault of another system than this lab's`)
    if (lab.faults === null) throw new Error(`${options.lab}: ${NOTHING_TO_TOUCH}`)
    const { system, parts = [], missing = [] } = lab.world ?? {}
    refuseUnknown(aim, { parts, missing, roles: system?.roles ?? [] })
    await tellUnderWay(lab.definition)
    await healEarlier(lab, terminalProgress())
    await everythingSeen(lab, signal)
    await lab.faults.inject({ kind, params, target: aim }, seededRng(options.seed ?? String(Date.now())), signal)
    if (lab.faults.active().length > 0) {
      console.log(options.for === undefined ? 'Ctrl-C heals it' : `healed in ${formatDuration(options.for)}`)
      await untilOver(lab, options.for, signal)
    }
  } catch (error) {
    if (signal.aborted) process.exitCode = 130
    else if (error instanceof FaultError) {
      console.error(error.message)
      process.exitCode = 2
    } else throw error
  } finally {
    const first = (await lab.faults?.healAll()) ?? []
    for (const line of tellStuck(first)) console.error(line)
    const stuck = first.length > 0 ? await healAtLast(lab, terminalProgress()) : first
    if (stuck.length > 0) process.exitCode = 1
    detach()
    await lab.close('injected')
  }
}

/** Before anything is looked at or waited for. */
function refuseUnknown(target: Target, known: Known): void {
  const unknown = namesIn(target).find((name) => ![...known.roles, ...known.parts].some((each) => each.name === name))
  if (unknown !== undefined) throw new FaultError(noSuchPart(unknown, known))
}

function paramsOf(kind: FaultKind, settings: readonly string[]): unknown {
  const read = readSettings(kind, settings)
  if (read.ok) return read.params
  const told = read.mistakes.map(({ setting, message }) => {
    return `${setting === null ? kind.type : `${kind.type}.${setting}`}: ${message}`
  })
  throw new Error(told.join('\n'))
}

/** Roles are told from what was seen: every source has to have answered once, or failed to. */
async function everythingSeen({ live }: Lab, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(SEEN_WITHIN_MS)])
  await live.until(isHealthy, limit).catch(() => signal.throwIfAborted())
}

/** Until its time is over, somebody interrupts, or it has ended by itself. */
async function untilOver({ live, faults }: Lab, forMs: number | undefined, signal: AbortSignal): Promise<void> {
  const over = forMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(forMs)])
  await live.until(() => faults?.active().length === 0, over).catch(() => {})
}
