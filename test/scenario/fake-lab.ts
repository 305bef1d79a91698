import type { Stuck } from '../../src/faults/held.ts'
import type { FaultOrder } from '../../src/faults/injection.ts'
import type { Injector } from '../../src/faults/injector.ts'
import { formatTarget } from '../../src/faults/target.ts'
import type { Lab } from '../../src/lab/lab.ts'
import { createEventLog } from '../../src/log/event-log.ts'
import { createLiveState } from '../../src/log/live-state.ts'
import type { EventBody, LabEvent } from '../../src/model/events.ts'
import { reducer } from '../../src/systems/state.ts'
import { started } from '../model/events.ts'
import { FakeClock } from '../traffic/fake-clock.ts'

export interface FakeLab extends Lab {
  readonly clock: FakeClock
  /** What was done, in order, with the second in which it was: `0 inject pause leader as nap`, `5 heal nap`. */
  readonly deeds: string[]
  /** What the log holds. */
  readonly events: LabEvent[]
  /** The phases of the steps: `1 began`, `1 done`. */
  phases(): string[]
  happen(body: EventBody): void
}

export interface FakeLabOptions {
  /** What an injection throws; left out, it is done. */
  refuse?(order: FaultOrder): Error | null
  /** What cannot be healed, by the name of the fault. */
  readonly stuck?: readonly string[]
}

/** A lab in which time stands still until the test moves it, and faults are lines in `deeds`. */
export function fakeLab({ refuse = () => null, stuck = [] }: FakeLabOptions = {}): FakeLab {
  const clock = new FakeClock()
  const log = createEventLog(clock)
  const live = createLiveState(reducer)
  const events: LabEvent[] = []
  log.attach(live)
  log.attach({ onEvent: (event) => void events.push(event), close: async () => {} })
  log.append(started)
  const deeds: string[] = []
  const did = (what: string) => deeds.push(`${clock.nowMs() / 1_000} ${what}`)
  const inForce = new Set<string>()
  const heal = (name: string): Stuck[] => {
    if (!inForce.has(name)) return []
    did(`heal ${name}`)
    if (stuck.includes(name)) return [{ fault: name, parts: ['patroni1'], error: 'no', byHand: 'docker unpause …' }]
    inForce.delete(name)
    return []
  }
  const faults: Injector = {
    async inject(order, rng, signal) {
      await order.moment?.(signal)
      const { kind, target, name = '' } = order
      const error = refuse(order)
      if (error) throw error
      did(`inject ${kind.type} ${formatTarget(target)} as ${name} (${rng().toFixed(6)})`)
      inForce.add(name)
      return []
    },
    active: () => [...inForce].map((name) => ({ name, fault: name, parts: [], text: name })),
    heal: async (name) => heal(name),
    healAll: async () => [...inForce].reverse().flatMap(heal),
    start: async () => false,
    started: async () => {},
    register: async () => {},
  }
  const lab = {
    clock,
    log,
    live,
    faults,
    world: null,
    setTraffic: (change: object) => void did(`traffic ${JSON.stringify(change)}`),
    deeds,
    events,
    phases: () => events.flatMap((event) => (event.type === 'scenario.step' ? [`${event.path} ${event.phase}`] : [])),
    happen: (body: EventBody) => void log.append(body),
  }
  return lab as unknown as FakeLab
}
