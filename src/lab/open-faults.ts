import { createInjector, type Injector } from '../faults/injector.ts'
import { openJournal } from '../faults/journal.ts'
import type { Clock } from '../log/clock.ts'
import type { EventLog, Sink } from '../log/event-log.ts'
import type { LiveState } from '../log/live-state.ts'
import type { LabShape } from '../model/events.ts'
import { createBaselineFile } from './baseline-file.ts'
import type { LabDefinition } from './definition.ts'
import { faultWorld } from './fault-world.ts'
import { journalFolder } from './journal-folder.ts'
import type { LabContainers } from './live-instance.ts'

interface FaultsOptions {
  readonly definition: LabDefinition
  readonly shape: LabShape
  /** Null where containers are nobody's business: then there are no faults either. */
  readonly containers: LabContainers | null
  readonly log: EventLog
  readonly live: LiveState
  readonly clock: Clock
  /** Aborts once no fault may be injected any more. */
  readonly closing: AbortSignal
}

/** What injects faults and heals them; `settle` heals all, and tells what is not as it was before the first. */
export function openFaults({ definition, shape, containers, log, live, clock, closing }: FaultsOptions) {
  if (containers === null) return { faults: null, world: null, settle: async () => {} }
  const world = faultWorld(definition, shape, containers, { live, clock })
  const journal = openJournal(journalFolder(definition))
  const baseline = createBaselineFile(journalFolder(definition), world)
  const beforeChange = (signal: AbortSignal) => baseline.take(signal)
  const faults = createInjector({ world, log, journal, beforeChange, signal: closing })
  log.attach(startsTold(faults))
  const settle = async () => {
    await faults.healAll()
    for (const text of await baseline.check()) {
      log.append({ type: 'note', level: 'warn', source: 'lab', text: `not as it was before: ${text}` })
    }
    await journal.close()
  }
  return { faults, world, settle }
}

/** Whoever starts a container has put back what had taken it down. */
function startsTold(faults: Injector): Sink {
  return {
    onEvent(event) {
      if (event.type !== 'docker.event' || (event.action !== 'start' && event.action !== 'unpause')) return
      void faults.started(event.service, event.action)
    },
  }
}
