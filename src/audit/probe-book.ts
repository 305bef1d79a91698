import type { LabEvent, ProbeAnswered } from '../model/events.ts'
import { createLedger, type Ledger } from '../model/ledger.ts'

/** What became of the rows that the probe wrote, as the events of the run tell. */
export interface ProbeBook {
  readonly ledger: Ledger
  /** Write probes that were acknowledged and gave their rows no name. */
  readonly nameless: number
  take(event: LabEvent): void
  /** What such an event tells, of a probe that has no events of this kind. */
  note(told: Pick<ProbeAnswered, 'kind' | 'answers'>): void
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
      if (event.type === 'probe') this.note(event)
    },
    note({ kind, answers }) {
      if (kind !== 'write') return
      for (const { n, outcome, sentMs, answeredMs, code = null, server = null, isUnguarded } of answers) {
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
