import type { Rng } from '../model/rng.ts'
import { type ContainerStart, FaultError, type Undo } from './fault.ts'
import { Healing } from './healing.ts'
import type { ActiveFault, InjectorOptions, Stuck } from './held.ts'
import { type FaultOrder, injectFault, newId } from './injection.ts'
import type { Part } from './part.ts'
import { isOfStart, servicesOf, settleStarted } from './started.ts'
import { performUndo } from './undo.ts'

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
  const healing = new Healing(options)
  const { held } = healing
  return {
    inject: (order, rng, signal) => injectFault(order, rng, healing, options, signal),
    active: () => held.map(({ name, fault, parts, text }) => ({ name, fault, parts, text })),
    heal: (name) =>
      healing.inTurn(async () => {
        await healing.noticeLifted()
        const fault = held.findLast((each) => each.name === name)
        return fault === undefined ? [] : healing.heal(fault)
      }),
    healAll() {
      healing.healings++
      return healing.inTurn(async () => {
        await healing.noticeLifted()
        return healing.healEach(() => true)
      })
    },
    start: (part) => healing.inTurn(() => start(part, healing, options)),
    started: (service, by) => noticeStarted(service, by, healing, options),
    async register({ fault, part, text }, undo) {
      const id = newId()
      await options.beforeChange?.(AbortSignal.timeout(REGISTER_WITHIN_MS))
      const entry = await options.journal.add({ faultId: id, fault, parts: [part], text, undo })
      const about = { id, name: id, fault, parts: [part], text, entries: [entry], isRegistered: true }
      held.push({ ...about, over: new AbortController(), injection: null, stuckBy: null, isKept: false })
    },
  }
}

async function start({ service }: Part, healing: Healing, options: InjectorOptions): Promise<boolean> {
  const { world } = options
  await healing.noticeLifted()
  await healing.healEach((fault) => fault.injection !== null && isOfStart(fault, service, 'start', world))
  const isDown = (await world.containers.facts(service)).state !== 'running'
  healing.starting.add(service)
  const undone = await performUndo({ type: 'start-again', params: { service } }, world)
  if (!undone.ok) throw new FaultError(undone.error)
  await settleStarted(healing.held, { service, by: 'start', isOutside: false }, options)
  return isDown
}

async function noticeStarted(
  service: string,
  by: ContainerStart,
  healing: Healing,
  options: InjectorOptions,
): Promise<void> {
  const { world, signal } = options
  const { held } = healing
  const isInjected = held.some((fault) => fault.injection !== null && servicesOf(fault).includes(service))
  const isOutside = !healing.starting.delete(service) && !isInjected
  if (!held.some((fault) => isOfStart(fault, service, by, world))) return
  // Another process that heals leaves word of it just after: whose doing it was comes first.
  await world.clock.sleep(WORD_COMES_MS, signal).catch(() => {})
  if (signal.aborted) return
  await healing.inTurn(async () => {
    await healing.noticeLifted()
    // It may have gone down again since.
    const facts = await world.containers.facts(service).catch(() => null)
    if (facts?.state === 'running') await settleStarted(held, { service, by, isOutside }, options)
  })
}

/** Longer than it takes to put something back, to write that down, and to look there. */
const WORD_COMES_MS = 2_000
/** What is done before it must not hold up for long whoever registers. */
const REGISTER_WITHIN_MS = 2_000
