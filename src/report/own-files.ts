import { runIdOf } from '../model/state.ts'
import type { Facts } from './facts.ts'
import type { RunFiles } from './summarise.ts'

/**
 * What is kept of a run beside its events, without what is another run's: that lies in the wrong folder, and tells
 * nothing of this one. `why` says so, for people; null where all is its own.
 */
export function ownFiles<T extends RunFiles>(
  files: T,
  { state }: Pick<Facts, 'state'>,
): { files: T; why: string | null } {
  const own = runIdOf(state)
  const isForeign = (kept: { readonly runId: string | null } | null | undefined) =>
    own !== null && kept != null && kept.runId !== null && kept.runId !== own
  const [isLedger, isAudit] = [isForeign(files.ledger), isForeign(files.audit)]
  if (!isLedger && !isAudit) return { files, why: null }
  const { audit, autopsy, probe, sites, ...others } = files
  const kept = (isAudit ? others : files) as T
  return {
    files: isLedger ? { ...kept, ledger: null } : kept,
    why: `the ${isLedger ? 'ledger' : 'audit'} in its folder is that of another run`,
  }
}
