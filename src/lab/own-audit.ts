import { audit } from '../audit/audit.ts'
import type { NodeReader, ServerPosition } from '../audit/node-reader.ts'
import type { Marked, Observed } from '../audit/observed.ts'
import type { Autopsy } from '../model/autopsy.ts'
import type { Audited } from '../model/events.ts'
import { seqRanges } from '../model/seq-ranges.ts'
import type { OwnWorkload, ReadBack } from '../workloads/workload.ts'
import type { AuditSubject } from './audit-subject.ts'
import type { Instance } from './definition.ts'
import { reachOf } from './reach.ts'

/**
 * The audit of a run whose workload itself knows where its writes lie: what it reads back is held against the ledger as
 * the rows of a leader are, and what must hold beyond that is its own to judge. There are no forks to explain a loss by.
 */
export async function auditOwn(
  definition: Pick<Instance, 'place' | 'postgres'>,
  subject: AuditSubject & { readonly workload: Pick<OwnWorkload, 'rows' | 'readBack'> },
  signal: AbortSignal,
): Promise<Audited> {
  const { ledger, runId, workload, clock, isLedgerComplete = true, onAgain } = subject
  let marked: Marked | null = null
  let back: ReadBack | null = null
  const readBack = async () => {
    const run = { ...reachOf(definition, clock), runId, ledger, isLedgerComplete, marked, state: subject.past() }
    back = await workload.readBack(run, signal)
    return back.rows
  }
  const observed: Observed = {
    mark() {
      marked = subject.observed?.mark() ?? null
      return { judge: (held) => (held && back ? back.judge(held) : (marked?.judge(null) ?? null)) }
    },
  }
  const found = await audit(
    {
      ledger,
      runId,
      isLedgerComplete,
      nodes: async () => ({ leader: { name: workload.rows.from, address: NOWHERE }, replicas: [] }),
      ...(onAgain && { onAgain }),
      credentials: definition.postgres,
      clock,
      rows: { ...workload.rows, select: () => '' },
      observed,
      open: async () => readerOf(readBack),
    },
    signal,
  )
  return { type: 'audited', audit: found, autopsy: NOT_EXPLAINED }
}

const NOWHERE = { host: '', port: 0 }

const NOT_EXPLAINED: Autopsy = { failovers: [], unexplained: { seqs: seqRanges().done(), reasons: [] }, sentences: [] }

/** Where nothing has a position, nothing can be before or behind. */
const POSITION: ServerPosition = {
  isInRecovery: false,
  isStreaming: false,
  timeline: null,
  lsn: 0,
  walSegmentBytes: 16_777_216,
  isSynchronous: false,
}

function readerOf(readBack: () => Promise<Iterable<string>>): NodeReader {
  return {
    position: async () => POSITION,
    close() {},
    async read(onBytes) {
      for (const row of await readBack()) onBytes(Buffer.from(`${row}\n`))
      return { before: POSITION, after: POSITION }
    },
  }
}
