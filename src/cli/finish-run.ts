import type { Progress } from '../docker/progress.ts'
import type { Stuck } from '../faults/held.ts'
import { auditLab, hasWrittenTo } from '../lab/final-audit.ts'
import type { Lab } from '../lab/lab.ts'
import type { Audited } from '../model/events.ts'
import type { State } from '../model/state.ts'
import { unknown, worstOf } from '../model/verdict.ts'
import type { Summary } from '../report/summary-schema.ts'
import { tellVerdict } from '../report/words/verdict.ts'
import { withTimeLimit } from '../scenario/time-limit.ts'
import { isHealthy, untilHealthy } from '../systems/state.ts'
import { EXIT } from './exit-code.ts'
import { healAll, healAtLast } from './heal-all.ts'
import { writeRunReport } from './report.ts'
import type { RunRecord } from './run-record.ts'
import { terminalProgress } from './terminal-progress.ts'

const WHOLE_TIMEOUT_MS = 60_000
const RECOVERY_WITHIN_MS = 3_000

/** How a run ended. */
export interface FinishedRun {
  /** What the audit of each system found; none when nothing was written, or there was no time to look. */
  readonly audited: readonly Audited[]
  /** What the run came to; null when its report could not be written. */
  readonly summary: Summary | null
  /** What could not be healed, to the last. */
  readonly stuck: readonly Stuck[]
  /** Why the report was not written, for people; null when it was, or was not to be. */
  readonly problem: string | null
}

/**
 * Ends a run: every fault healed, traffic off, the cluster awaited whole, every write audited, the lab closed, the
 * report written if anything is kept. An aborted signal cuts the audit short, not the healing and not the report.
 */
export async function finishRun(
  lab: Lab,
  { record, reason, signal }: { record: RunRecord; reason: string; signal: AbortSignal },
): Promise<FinishedRun> {
  const progress = terminalProgress()
  await healAll(lab, progress)
  await recoveryProven(lab, signal)
  await lab.endTraffic()
  let audited: readonly Audited[] = []
  let stuck: readonly Stuck[] = []
  try {
    // Where clients only read, what the probe wrote is there to be looked for.
    const hasWritten = lab.instances.some(hasWrittenTo)
    if (hasWritten && !signal.aborted) audited = await auditWhole(lab, progress, signal)
  } finally {
    stuck = await healAtLast(lab, progress)
    await lab.close(reason)
  }
  const { folder, memory } = record
  if (folder === null) return { audited, summary: memory.summary(lab), stuck, problem: null }
  return { audited, stuck, ...(await reportOn(folder, progress)) }
}

/** A disk that takes no report takes nothing away from what was found: it is said, and the run is not kept. */
async function reportOn(folder: string, progress: Progress): Promise<Pick<FinishedRun, 'summary' | 'problem'>> {
  try {
    const { html, summary } = await progress.step('writing the report', () => writeRunReport(folder))
    progress.say(`  ${html}`)
    return { summary, problem: null }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const problem = `the report could not be written to ${folder} (${code ?? message})`
    progress.say(`  ${problem}`)
    return { summary: null, problem }
  }
}

/** Clients are being served again: that it lasts shows only when the traffic goes on for a second. */
async function recoveryProven({ live, clock }: Lab, signal: AbortSignal): Promise<void> {
  const isOpen = ({ probes }: State) =>
    [probes.write, probes.read].some(({ open, hasLasted, recovery }) => open !== null && hasLasted && recovery !== null)
  await withTimeLimit(clock, RECOVERY_WITHIN_MS, signal, (limit) => live.until((state) => !isOpen(state), limit)).catch(
    () => {},
  )
}

/** What a run came to, in a few lines: as its report says it; of one without a report, what its audit found. */
export function tellFinished({ summary, audited }: FinishedRun): string[] {
  const { verdict, why } =
    audited[0]?.audit.verdict ?? unknown('No audit was made: what became of the writes is not known.')
  const told = summary === null ? [`${verdict}: ${why}`] : tellVerdict(summary)
  return [...told, ...audited.flatMap(({ autopsy }) => autopsy.sentences)]
}

/** The exit code by what a run came to. Without a report it is never a pass: not all of it is recorded. */
export function exitOf({ summary, audited }: FinishedRun): number {
  const verdict = summary?.verdict.verdict ?? worstOf(['unknown', ...audited.map(({ audit }) => audit.verdict.verdict)])
  return EXIT[verdict]
}

async function auditWhole(lab: Lab, progress: Progress, signal: AbortSignal): Promise<readonly Audited[]> {
  if (!isHealthy(lab.live.current())) {
    await awaitWhole(lab, 'waiting until the cluster is whole, to audit it', progress, signal)
  }
  return progress.step(`auditing ${lab.writes()} writes`, (detail) => auditLab(lab, signal, detail))
}

/** One that stays broken for a minute is audited as it is: the audit says what it could not read. */
export async function awaitWhole({ live }: Lab, title: string, progress: Progress, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(WHOLE_TIMEOUT_MS)])
  await progress.step(title, (detail) => untilHealthy(live, detail, limit).catch(() => null))
}
