import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import type { Rng } from '../model/rng.ts'
import { FaultError, type FaultKind, type Landed } from './fault.ts'
import type { Healing } from './healing.ts'
import { forget, type HeldFault, type InjectorOptions, scopeOf, takeBack } from './held.ts'
import type { Part } from './part.ts'
import { refuseName, refuseTwice } from './refuse-twice.ts'
import { resolveTarget } from './resolve-target.ts'
import { formatTarget, type Target } from './target.ts'
import type { World } from './world.ts'

/** What to inject. */
export interface FaultOrder {
  readonly kind: FaultKind
  /** As the kind's schema gave them. */
  readonly params: unknown
  readonly target: Target
  /** By which it is healed later; default its id. */
  readonly name?: string
  /** Awaited when all else is ready, just before anything is changed. What it throws, the injection throws. */
  readonly moment?: (signal: AbortSignal) => Promise<void>
}

/** Resolves the target, injects the fault, and makes sure that it is in force; every step is in the log. */
export async function injectFault(
  order: FaultOrder,
  rng: Rng,
  healing: Healing,
  options: InjectorOptions,
  signal: AbortSignal,
): Promise<readonly Part[]> {
  const parts = resolveTarget(order.target, order.kind, options.world, rng)
  const own = options.world.within(parts.map((part) => part.name))
  const before = healing.healings
  refuse(order, parts, healing)
  await getReady(order, parts, own, { options, signal })
  // Much can have happened while it was looked into.
  if (healing.healings !== before) throw new FaultError('everything was healed before it had begun')
  refuse(order, parts, healing)
  const byHand = order.kind.byHand?.(order.params, parts, own)
  const fault = hold(order, parts, own)
  healing.held.push(fault)
  const injecting = carryOut(order, fault, byHand, { parts, own, healing, options, signal })
  fault.injection = injecting.catch(() => {})
  try {
    await injecting
  } finally {
    fault.injection = null
  }
  return parts
}

function refuse({ kind, name }: FaultOrder, parts: readonly Part[], { held }: Healing): void {
  refuseTwice(held, kind, parts)
  refuseName(held, name)
}

interface Means {
  readonly options: InjectorOptions
  readonly signal: AbortSignal
}

/** @throws {FaultError} it is not to be injected */
async function getReady(
  order: FaultOrder,
  parts: readonly Part[],
  own: World,
  { options, signal }: Means,
): Promise<void> {
  const { log, world } = options
  const fromMs = world.clock.nowMs()
  try {
    await options.beforeChange?.(signal)
    const refusal = await order.kind.refusal?.(order.params, parts, own, signal)
    if (refusal) throw new FaultError(refusal)
  } finally {
    if (world.clock.nowMs() - fromMs >= LONG_PREPARATION_MS) {
      log.append({ type: 'fault.prepared', fault: order.kind.type, parts: parts.map(({ name }) => name), fromMs })
    }
  }
  await order.moment?.(signal)
  signal.throwIfAborted()
}

/** A shorter one is not even half of what a run is judged by. */
const LONG_PREPARATION_MS = 500

function hold({ kind, params, name }: FaultOrder, parts: readonly Part[], own: World): HeldFault {
  const id = newId()
  const over = new AbortController()
  setMaxListeners(0, over.signal)
  return {
    id,
    fault: kind.type,
    parts: parts.map((part) => part.name),
    name: name ?? id,
    text: kind.describe(params, parts, own.parts),
    entries: [],
    over,
    injection: null,
    isRegistered: false,
    stuckBy: null,
    isKept: false,
  }
}

interface Injected {
  readonly parts: readonly Part[]
  readonly own: World
  readonly healing: Healing
}

async function carryOut(
  { kind, params, target }: FaultOrder,
  fault: HeldFault,
  byHand: readonly string[] | undefined,
  { parts, own, healing, options, signal }: Means & Injected,
): Promise<void> {
  const { log } = options
  const { effects } = kind
  const { text } = fault
  const about = { id: fault.id, fault: fault.fault, parts: fault.parts }
  const requested = { ...about, target: formatTarget(target), text, effects, ...(byHand && { byHand }) }
  const { atMs: fromMs } = log.append({ type: 'fault.requested', ...requested })
  const stop = AbortSignal.any([signal, fault.over.signal])
  try {
    const scope = scopeOf(fault, { ...options, world: own }, () => healing.inTurn(() => healing.heal(fault)))
    const landed = await kind.inject(params, parts, scope, stop)
    // Broken off in the very moment in which it was done: it must not be left behind.
    stop.throwIfAborted()
    const isMomentary = landed.isMomentary ?? effects.includes('over-at-once')
    const all = [...effects, ...(landed.effects ?? [])]
    sayLanded(options, about, { ...landed, effects: all, isMomentary }, fromMs)
    if (isMomentary) await forget(healing.held, fault, options)
  } catch (thrown) {
    const error = thrown as Error
    const isBrokenOff = stop.aborted
    log.append({ type: 'fault.failed', ...about, error: error.message })
    healing.willStart(fault)
    await takeBack(healing.held, fault, options)
    if (fault.stuckBy !== null) void healing.tryAgain()
    throw error instanceof FaultError || isBrokenOff
      ? error
      : new FaultError(`${text}: ${error.message}`, { cause: error })
  }
}

function sayLanded(
  { log }: InjectorOptions,
  about: { readonly id: string; readonly fault: string; readonly parts: readonly string[] },
  { isMomentary, ...landed }: Landed,
  fromMs: number,
): void {
  log.append({ type: 'fault.landed', ...about, ...landed, ...(isMomentary && { isMomentary }), fromMs })
  if (isMomentary) log.append({ type: 'fault.healed', ...about, isMomentary })
}

export function newId(): string {
  return randomBytes(4).toString('hex')
}
