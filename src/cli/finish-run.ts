import type { Progress } from '../docker/progress.ts'
import { auditLab } from '../lab/final-audit.ts'
import type { Lab } from '../lab/lab.ts'
import type { Audited } from '../model/events.ts'
import { ailments, isHealthy } from '../model/health.ts'
import { writeRunReport } from './report.ts'
import { terminalProgress } from './terminal-progress.ts'

const WHOLE_TIMEOUT_MS = 60_000

/**
 * Ends a run: traffic off, the cluster awaited whole, every write audited, the lab closed, the report written.
 * A run in which nothing was written is not audited. An aborted signal cuts the audit short, not the report.
 */
export async function finishRun(
  lab: Lab,
  { folder, reason, signal }: { folder: string | null; reason: string; signal: AbortSignal },
): Promise<Audited | null> {
  const progress = terminalProgress()
  await lab.endTraffic()
  let audited: Audited | null = null
  try {
    if (lab.ledger.size > 0 && !signal.aborted) audited = await auditWhole(lab, progress, signal)
  } finally {
    await lab.close(reason)
  }
  if (folder !== null) {
    const { html } = await progress.step('writing the report', () => writeRunReport(folder))
    progress.say(`  ${html}`)
  }
  return audited
}

/** What an audit says, in a few lines. */
export function tellAudit({ audit, autopsy }: Audited): string[] {
  return [`${audit.verdict.verdict}: ${audit.verdict.why}`, ...autopsy.sentences]
}

async function auditWhole(lab: Lab, progress: Progress, signal: AbortSignal): Promise<Audited> {
  if (!isHealthy(lab.live.current())) {
    await progress.step('waiting until the cluster is whole, to audit it', async (detail) => {
      const isWhole = lab.live.until(
        (state) => {
          detail(ailments(state)[0] ?? '')
          return isHealthy(state)
        },
        AbortSignal.any([signal, AbortSignal.timeout(WHOLE_TIMEOUT_MS)]),
      )
      // One that stays broken is audited as it is: the audit says what it could not read.
      await isWhole.catch(() => {})
    })
  }
  return progress.step(`auditing ${lab.ledger.size} writes`, (detail) => auditLab(lab, signal, detail))
}
