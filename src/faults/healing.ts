import type { Healer } from '../model/events.ts'
import { FaultError } from './fault.ts'
import { drop, type HeldFault, type InjectorOptions, type Stuck, sayStuck, settleOne, undoAll } from './held.ts'
import type { JournalEntry } from './journal.ts'
import { keepTrying } from './keep-trying.ts'
import { servicesOf } from './started.ts'

/** The faults that are held, oldest first, and how they are taken back: one after the other. */
export class Healing {
  readonly held: HeldFault[] = []
  /** Containers that the lab itself starts: Docker tells of that as of anybody's doing. */
  readonly starting = new Set<string>()
  /** How often everything was healed: what had not begun before that must not begin after it. */
  healings = 0
  /** Two that undo the same thing at once would get in each other's way. */
  #last: Promise<unknown> = Promise.resolve()
  #isTrying = false

  constructor(private readonly options: InjectorOptions) {
    options.journal.onTouched(() => void this.inTurn(() => this.noticeLifted()))
  }

  inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#last.then(task)
    this.#last = done.catch(() => {})
    return done
  }

  willStart(fault: HeldFault): void {
    for (const service of servicesOf(fault)) this.starting.add(service)
  }

  /** @param isByItself nobody asked for it: it is tried again */
  async heal(
    fault: HeldFault,
    { isByItself = false, by }: { readonly isByItself?: boolean; readonly by?: Healer } = {},
  ): Promise<Stuck[]> {
    fault.over.abort(new FaultError('healed before it was in force'))
    // One that was broken off takes back what it had begun.
    await fault.injection
    if (!this.held.includes(fault)) return []
    this.willStart(fault)
    const stuck = await undoAll(fault, this.options)
    if (stuck.length > 0) {
      // What fails for the same reason as before is no news to anybody who has not asked.
      if (!isByItself || fault.stuckBy !== stuck[0]?.error) sayStuck(fault, stuck, this.options)
      void this.tryAgain()
      return stuck
    }
    drop(this.held, fault)
    this.#sayHealed(fault, by)
    return []
  }

  /** Those that are chosen, last in first out. */
  async healEach(isMeant: (fault: HeldFault) => boolean): Promise<Stuck[]> {
    const stuck: Stuck[] = []
    for (const fault of this.held.toReversed()) if (isMeant(fault)) stuck.push(...(await this.heal(fault)))
    return stuck
  }

  /** What was registered is no fault; what was said to be stuck has to be said to be no longer. */
  #sayHealed({ id, fault, parts, isRegistered }: HeldFault, by: Healer | undefined): void {
    const { world, log } = this.options
    const isTold = world.state().faults.some((each) => each.id === id)
    if (!isRegistered || isTold || by !== undefined)
      log.append({ type: 'fault.healed', id, fault, parts, ...(by && { by }) })
  }

  /** What is stuck, as soon as its means are back. */
  async tryAgain(): Promise<void> {
    if (this.#isTrying) return
    this.#isTrying = true
    const allStuck = () => this.held.filter(({ stuckBy }) => stuckBy !== null)
    const parts = () => allStuck().flatMap((fault) => fault.parts)
    const attempt = () =>
      this.inTurn(async () => {
        for (const fault of allStuck().reverse()) await this.heal(fault, { isByItself: true })
        this.#isTrying = allStuck().length > 0
        return !this.#isTrying
      })
    await keepTrying({ world: this.options.world, parts, attempt }, this.options.signal)
  }

  /** What another process has taken back is over, and whose doing that was is told. */
  async noticeLifted(): Promise<void> {
    const lifted = await this.options.journal.lifted()
    if (lifted.size === 0) return
    for (const fault of this.held.toReversed()) {
      const [by] = fault.entries.flatMap(({ id }) => lifted.get(id) ?? [])
      if (by === undefined) continue
      fault.over.abort(new FaultError(`process ${by.pid} (${by.command}) healed it`))
      await fault.injection
      // What kept it in force may have put it back for a last time: that is undone once more.
      const isDone = ({ id }: JournalEntry) => lifted.has(id) && !fault.isKept
      for (const entry of fault.entries.filter(isDone)) await settleOne(fault, entry, this.options)
      await this.heal(fault, { by })
    }
  }
}
