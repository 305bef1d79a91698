import { readLedger } from '../audit/ledger-file.ts'
import type { Clock } from '../log/clock.ts'
import { RecordingError } from '../log/recording.ts'
import type { LabEvent } from '../model/events.ts'
import type { State } from '../model/state.ts'
import { readRun } from '../systems/read-run.ts'
import { initialState, reduce } from '../systems/state.ts'

/** What a run has left in its folder, whole or not. */
export interface PastRun {
  readonly runId: string
  readonly ledger: Awaited<ReturnType<typeof readLedger>>['ledger']
  readonly isLedgerComplete: boolean
  /** As of the last event that was recorded. */
  readonly state: State
}

/**
 * Reads the events and the ledger of a run up to where they were cut or damaged.
 * @throws when the folder holds no run, or the ledger cannot be read
 */
export async function readPastRun(
  folder: string,
  eventsFile: string,
  onEvent: (event: LabEvent) => void = () => {},
): Promise<PastRun> {
  const { ledger, runId, isComplete } = await readLedger(folder)
  let state = initialState
  try {
    for await (const event of readRun(eventsFile)) {
      state = reduce(state, event)
      onEvent(event)
    }
  } catch (error) {
    // Whatever came before the damage is told all the same.
    if (!(error instanceof RecordingError)) throw error
  }
  return { runId: runId ?? '', ledger, isLedgerComplete: isComplete, state }
}

/** A clock that stands at the time since that run began, by the machine's own date. */
export function clockSince(startedAt: string | null, clock: Clock, nowUnixMs: number): Clock {
  const sinceMs = startedAt === null ? Number.NaN : nowUnixMs - Date.parse(startedAt)
  const aheadMs = (Number.isNaN(sinceMs) ? 0 : Math.max(sinceMs, 0)) - clock.nowMs()
  return { nowMs: () => clock.nowMs() + aheadMs, sleep: (ms, signal) => clock.sleep(ms, signal) }
}
