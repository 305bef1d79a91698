import type { LabEvent } from '../model/events.ts'
import { createLedger, type Ledger } from '../model/ledger.ts'

/** What became of the rows that the probe wrote, as the events of the run tell. */
export interface ProbeBook {
  readonly ledger: Ledger
  /** Write probes that were acknowledged and gave their rows no name. */
  readonly nameless: number
  take(event: LabEvent): void
}

export function createProbeBook(): ProbeBook {
  const ledger = createLedger()
  let nameless = 0
  return {
    ledger,
    get nameless() {
      return nameless
    },
    take(event) {
      if (event.type !== 'probe' || event.kind !== 'write') return
      for (const { n, outcome, sentMs, answeredMs, code = null, server = null, isUnguarded } of event.answers) {
        if (n === undefined) {
          if (outcome === 'ok') nameless++
          continue
        }
        const word = outcome === 'ok' && isUnguarded ? 'unguarded' : outcome
        const times = { dueMs: sentMs, sentMs, answeredMs }
        ledger.record({ seq: n, ...times, outcome: word, code, node: server, lsn: null, digest: null })
      }
    },
  }
}
