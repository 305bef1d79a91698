import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import type { EventLog } from '../log/event-log.ts'
import type { Healer } from '../model/events.ts'
import type { Rng } from '../model/rng.ts'
import { type ContainerStart, FaultError, type FaultKind, type Landed, type Undo } from './fault.ts'
import {
  type ActiveFault,
  drop,
  forget,
  type HeldFault,
  type InjectorOptions,
  type Stuck,
  sayStuck,
  scopeOf,
  settleOne,
  takeBack,
  undoAll,
} from './held.ts'
import type { JournalEntry } from './journal.ts'
import { keepTrying } from './keep-trying.ts'
import type { Part } from './part.ts'
import { refuseName, refuseTwice } from './refuse-twice.ts'
import { resolveTarget } from './resolve-target.ts'
import { isOfStart, servicesOf, settleStarted } from './started.ts'
import { formatTarget, type Target } from './target.ts'
import { performUndo } from './undo.ts'

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

export interface Injector {
  /**
   * Resolves the target, injects the fault, and makes sure that it is in force; every step is in the log.
   * @returns the parts that it hit
   * @throws {FaultError} nothing was changed, or what was begun has been taken back as far as it could be
   */
  inject(order: FaultOrder, rng: Rng, signal: AbortSignal): Promise<readonly Part[]>
  /** Faults in force, oldest first. */
  active(): readonly ActiveFault[]
  /**
   * Takes back one fault by its name. Does nothing for one that is not in force. Never rejects. What is stuck is tried
   * again by itself as soon as its means are back: it is in force for as long as `active` tells of it.
   */
  heal(name: string): Promise<readonly Stuck[]>
  /** Takes back everything, last in first out; what is stuck is tried again. Never rejects. */
  healAll(): Promise<readonly Stuck[]>
  /**
   * Starts the container of a part, or lets it go on, whatever took it down: faults that this puts back are over.
   * @returns whether there was anything to start
   * @throws {FaultError} it could not be started
   */
  start(part: Part): Promise<boolean>
  /**
   * Docker tells that a container was started, or let go on, by whomever: faults that this puts back are over, and whose
   * doing that was is told where it was not the lab's. Never rejects.
   */
  started(service: string, by: ContainerStart): Promise<void>
  /** Registers a change that is no fault (a scenario's settings of the cluster), so that healing puts it back. */
  register(about: RegisteredChange, undo: Undo): Promise<void>
}

export interface RegisteredChange {
  readonly fault: string
  readonly part: string
  readonly text: string
}

export function createInjector(options: InjectorOptions): Injector {
  const { world, log, journal } = options
  /** Oldest first. */
  const held: HeldFault[] = []
  /** Healing goes on one after the other: two that undo the same thing at once would get in each other's way. */
  let healing: Promise<unknown> = Promise.resolve()
  /** How often everything was healed: what had not begun before that must not begin after it. */
  let healings = 0
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const done = healing.then(task)
    healing = done.catch(() => {})
    return done
  }

  /** Containers that the lab itself starts: Docker tells of that as of anybody's doing. */
  const starting = new Set<string>()
  const willStart = (fault: HeldFault) => {
    for (const service of servicesOf(fault)) starting.add(service)
  }

  let isTrying = false
  const allStuck = () => held.filter(({ stuckBy }) => stuckBy !== null)
  const tryAgain = async () => {
    if (isTrying) return
    isTrying = true
    const parts = () => allStuck().flatMap((fault) => fault.parts)
    const attempt = () =>
      inTurn(async () => {
        for (const fault of allStuck().reverse()) await heal(fault, { isByItself: true })
        isTrying = allStuck().length > 0
        return !isTrying
      })
    await keepTrying({ world, parts, attempt }, options.signal)
  }

  /** What another process has taken back is over, and whose doing that was is told. */
  const noticeLifted = async () => {
    const lifted = await journal.lifted()
    if (lifted.size === 0) return
    for (const fault of held.toReversed()) {
      const [by] = fault.entries.flatMap(({ id }) => lifted.get(id) ?? [])
      if (by === undefined) continue
      fault.over.abort(new FaultError(`process ${by.pid} (${by.command}) healed it`))
      await fault.injection
      // What kept it in force may have put it back for a last time: that is undone once more.
      const isDone = ({ id }: JournalEntry) => lifted.has(id) && !fault.isKept
      for (const entry of fault.entries.filter(isDone)) await settleOne(fault, entry, options)
      await heal(fault, { by })
    }
  }
  journal.onTouched(() => void inTurn(noticeLifted))

  const heal = async (
    fault: HeldFault,
    { isByItself = false, by }: { isByItself?: boolean; by?: Healer } = {},
  ): Promise<Stuck[]> => {
    fault.over.abort(new FaultError('healed before it was in force'))
    // One that was broken off takes back what it had begun.
    await fault.injection
    if (!held.includes(fault)) return []
    willStart(fault)
    const stuck = await undoAll(fault, options)
    if (stuck.length > 0) {
      // What fails for the same reason as before is no news to anybody who has not asked.
      if (!isByItself || fault.stuckBy !== stuck[0]?.error) sayStuck(fault, stuck, options)
      void tryAgain()
      return stuck
    }
    drop(held, fault)
    const { id, fault: kind, parts, isRegistered } = fault
    // What was registered is no fault; what was said to be stuck has to be said to be no longer.
    const isTold = world.state().faults.some((each) => each.id === id)
    if (!isRegistered || isTold || by !== undefined)
      log.append({ type: 'fault.healed', id, fault: kind, parts, ...(by && { by }) })
    return []
  }

  return {
    async inject(order, rng, signal) {
      const { kind, params } = order
      const healingsBefore = healings
      const parts = resolveTarget(order.target, kind, world, rng)
      refuseTwice(held, kind, parts)
      refuseName(held, order.name)
      await options.beforeChange?.(signal)
      const own = world.within(parts.map((part) => part.name))
      const refusal = await kind.refusal?.(params, parts, own, signal)
      if (refusal) throw new FaultError(refusal)
      await order.moment?.(signal)
      signal.throwIfAborted()
      // Much can have happened while it was looked into.
      if (healings !== healingsBefore) throw new FaultError('everything was healed before it had begun')
      refuseTwice(held, kind, parts)
      refuseName(held, order.name)

      const id = newId()
      const { effects } = kind
      const byHand = kind.byHand?.(params, parts, own)
      const about = { id, fault: kind.type, parts: parts.map((part) => part.name) }
      const text = kind.describe(params, parts, own.parts)
      const name = order.name ?? id
      const over = new AbortController()
      setMaxListeners(0, over.signal)
      const fault: HeldFault = {
        ...about,
        name,
        text,
        entries: [],
        over,
        injection: null,
        isRegistered: false,
        stuckBy: null,
        isKept: false,
      }
      held.push(fault)
      const requested = log.append({
        type: 'fault.requested',
        ...about,
        target: formatTarget(order.target),
        text,
        effects,
        ...(byHand && { byHand }),
      })
      const stop = AbortSignal.any([signal, over.signal])
      const injecting = kind
        .inject(
          params,
          parts,
          scopeOf(fault, { ...options, world: own }, () => inTurn(() => heal(fault))),
          stop,
        )
        .then(async (landed) => {
          // Broken off in the very moment in which it was done: it must not be left behind.
          stop.throwIfAborted()
          const isMomentary = landed.isMomentary ?? effects.includes('over-at-once')
          logLanding(
            log,
            about,
            { ...landed, effects: [...effects, ...(landed.effects ?? [])], isMomentary },
            requested.atMs,
          )
          if (isMomentary) await forget(held, fault, options)
        })
        .catch(async (error: Error) => {
          const isBrokenOff = stop.aborted
          log.append({ type: 'fault.failed', ...about, error: error.message })
          willStart(fault)
          await takeBack(held, fault, options)
          if (fault.stuckBy !== null) void tryAgain()
          throw error instanceof FaultError || isBrokenOff
            ? error
            : new FaultError(`${text}: ${error.message}`, { cause: error })
        })
      fault.injection = injecting.catch(() => {})
      try {
        await injecting
      } finally {
        fault.injection = null
      }
      return parts
    },
    active: () => held.map(({ name, fault, parts, text }) => ({ name, fault, parts, text })),
    heal: (name) =>
      inTurn(async () => {
        await noticeLifted()
        const fault = held.findLast((each) => each.name === name)
        return fault === undefined ? [] : heal(fault)
      }),
    healAll() {
      healings++
      return inTurn(async () => {
        await noticeLifted()
        const stuck: Stuck[] = []
        for (const fault of held.toReversed()) stuck.push(...(await heal(fault)))
        return stuck
      })
    },
    start: ({ service }) =>
      inTurn(async () => {
        await noticeLifted()
        for (const fault of held.toReversed()) {
          if (fault.injection !== null && isOfStart(fault, service, 'start', world)) await heal(fault)
        }
        const isDown = (await world.containers.facts(service)).state !== 'running'
        starting.add(service)
        const undone = await performUndo({ type: 'start-again', params: { service } }, world)
        if (!undone.ok) throw new FaultError(undone.error)
        await settleStarted(held, { service, by: 'start', isOutside: false }, options)
        return isDown
      }),
    async started(service, by) {
      const isInjected = held.some((fault) => fault.injection !== null && servicesOf(fault).includes(service))
      const isOutside = !starting.delete(service) && !isInjected
      // Another process that heals leaves word of it just after: whose doing it was comes first.
      const isHeld = held.some((fault) => isOfStart(fault, service, by, world))
      if (
        !isHeld ||
        !(await world.clock.sleep(WORD_COMES_MS, options.signal).then(
          () => true,
          () => false,
        ))
      )
        return
      await inTurn(async () => {
        await noticeLifted()
        // It may have gone down again since.
        const facts = await world.containers.facts(service).catch(() => null)
        if (facts?.state === 'running') await settleStarted(held, { service, by, isOutside }, options)
      })
    },
    async register({ fault, part, text }, undo) {
      const id = newId()
      await options.beforeChange?.(AbortSignal.timeout(REGISTER_WITHIN_MS))
      const entry = await journal.add({ faultId: id, fault, parts: [part], text, undo })
      const about = { id, name: id, fault, parts: [part], text, entries: [entry], isRegistered: true }
      held.push({ ...about, over: new AbortController(), injection: null, stuckBy: null, isKept: false })
    },
  }
}

/** Longer than it takes to put something back, to write that down, and to look there. */
const WORD_COMES_MS = 2_000
/** What is done before it must not hold up for long whoever registers. */
const REGISTER_WITHIN_MS = 2_000

function logLanding(
  log: Pick<EventLog, 'append'>,
  about: { readonly id: string; readonly fault: string; readonly parts: readonly string[] },
  { isMomentary, ...landed }: Landed,
  requestedMs: number,
): void {
  const fromMs = requestedMs
  log.append({ type: 'fault.landed', ...about, ...landed, ...(isMomentary && { isMomentary }), fromMs })
  if (isMomentary) log.append({ type: 'fault.healed', ...about, isMomentary })
}

function newId(): string {
  return randomBytes(4).toString('hex')
}
