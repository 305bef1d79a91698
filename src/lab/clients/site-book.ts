import { createLedgerFile, type LedgerFile } from '../../audit/ledger-file.ts'
import { createProbeBook, type ProbeBook } from '../../audit/probe-book.ts'
import type { EventLog } from '../../log/event-log.ts'
import type { ProbeAnswer } from '../../model/events.ts'
import { createLedger, type Ledger } from '../../model/ledger.ts'
import type { ClientLine, PackedWrite } from './protocol.ts'

export interface SiteBookOptions {
  readonly from: string
  readonly runId: string
  /** Where in the database a write's identity is, for people. */
  readonly place: string
  /** What the clock of their host showed when the clock of this run began. */
  readonly zeroUnixMs: number
  readonly log: Pick<EventLog, 'append'>
  /** The name of the server at an address, or the address itself. */
  readonly nameOf: (address: string) => string
  /** Where their ledger is kept as it comes; null to keep nothing. */
  readonly folder: string | null
}

/** What the clients of a site have told, by the clock of this run and the names of this lab. */
export interface SiteBook {
  readonly ledger: Ledger
  readonly probes: ProbeBook
  take(line: ClientLine): void
  /** All was told. */
  isWhole(): boolean
  /** Why they ended by themselves; null when they did not. */
  failure(): string | null
  close(): Promise<void>
}

export function createSiteBook(options: SiteBookOptions): SiteBook {
  const { from, log, zeroUnixMs, nameOf } = options
  const [ledger, probes, file] = [createLedger(), createProbeBook(), openFile(options)]
  let shiftMs = 0
  let expected: number | null = null
  let why: string | null = null
  const at = (ms: number) => Math.round((ms + shiftMs) * 100) / 100
  const record = (packed: PackedWrite) => {
    const [seq, dueMs, sentMs, answeredMs, outcome, code, node, lsn, digest] = packed
    const times = { dueMs: moved(dueMs, at), sentMs: moved(sentMs, at), answeredMs: moved(answeredMs, at) }
    const write = { seq, ...times, outcome, code, node: node === null ? null : nameOf(node), lsn, digest }
    ledger.record(write)
    file?.append(write)
  }
  const named = (answer: ProbeAnswer): ProbeAnswer => ({
    ...answer,
    sentMs: at(answer.sentMs),
    answeredMs: at(answer.answeredMs),
    ...(answer.server !== undefined && { server: nameOf(answer.server) }),
  })
  return {
    ledger,
    probes,
    take(line) {
      if (line.type === 'began') shiftMs = line.zeroUnixMs - zeroUnixMs
      else if (line.type === 'writes') for (const each of line.writes) record(each)
      else if (line.type === 'asleep')
        log.append({ type: 'site.asleep', from, fromMs: at(line.fromMs), toMs: at(line.toMs) })
      else if (line.type === 'probe') {
        const { kind, intervalMs, untilMs, answers } = line
        const told = { kind, intervalMs, answers: answers.map(named) }
        probes.note(told)
        log.append({ type: 'site.probe', from, ...told, untilMs: at(untilMs) })
      } else if (line.type === 'ended') expected = line.writes
      else why = line.why
    },
    isWhole: () => expected !== null && expected === ledger.answered,
    failure: () => why,
    close: async () => file?.close(),
  }
}

function moved(ms: number | null, at: (ms: number) => number): number | null {
  return ms === null ? null : Math.max(at(ms), 0)
}

function openFile({ folder, runId, place, from, log }: SiteBookOptions): LedgerFile | null {
  if (folder === null) return null
  return createLedgerFile(folder, { runId, place }, (error) => {
    log.append({ type: 'note', level: 'error', source: from, text: error.message })
  })
}
