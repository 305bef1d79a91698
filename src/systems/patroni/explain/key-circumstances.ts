import { inForce } from '../../../model/fault-observations.ts'
import type { State } from '../state.ts'
import type { KeyCircumstances, Observation, Observations } from './observations.ts'

export function keyCircumstances(
  { holder, was, atMs }: Observation & { is: 'key' },
  { seen, lease }: Observations,
  state: State,
): KeyCircumstances {
  if (holder === null) {
    return { lease: lease?.holder === was ? lease : null, silent: silentAt(seen, { was, atMs }, state) }
  }
  const node = state.nodes[holder]?.patroni.value
  const isTold = node?.lsn != null && node.receivedLsn !== null
  return { replayBytes: isTold ? Math.max(0, (node.receivedLsn ?? 0) - (node.lsn ?? 0)) : null }
}

/**
 * A host that is gone answers nothing, a process that stands still neither. One that was cut off may answer its peers or
 * not; one that has been gone for longer than its own lease is no member any more, and nobody asks it.
 */
function silentAt(
  seen: readonly Observation[],
  { was, atMs }: { readonly was: string | null; readonly atMs: number },
  { lab, config }: State,
): readonly string[] | null {
  const forgottenMs = atMs - (config.value?.ttlSeconds ?? 0) * 1_000 - MEMBER_KEY_MS
  const silent: string[] = []
  for (const node of lab?.nodes ?? []) {
    const faults = inForce(seen, node).filter((fault) => node === was || fault.atMs > forgottenMs)
    if (faults.some(({ how }) => how === 'cut' || how === 'other')) return null
    const isSilent = faults.some(
      ({ how, seq }) =>
        how !== 'stopped' || seen.some((each) => each.is === 'ended' && each.part === node && each.seq > seq),
    )
    if (isSilent) silent.push(node)
  }
  return silent
}

const MEMBER_KEY_MS = 2_000
