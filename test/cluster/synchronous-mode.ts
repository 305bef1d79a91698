import { fresh } from '../../src/model/seen.ts'
import type { PatroniPlace } from '../../src/systems/patroni/place.ts'
import type { State } from '../../src/systems/patroni/state.ts'
import { leaderOf } from '../../src/systems/state.ts'
import type { TestLab } from './healthy-lab.ts'

/** `PATCH /config` on the leader, and waits until the configuration and the members say so too. */
export async function setSynchronousMode(t: TestLab, isOn: boolean): Promise<void> {
  const { lab } = t
  const state = await t.until('somebody leads, to be configured', (s) => leaderOf(s) !== null)
  const leader = (lab.definition.place as PatroniPlace).definition.patroni.nodes.find(
    (node) => node.name === leaderOf(state),
  )
  const response = await fetch(new URL('/config', leader?.rest), {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ synchronous_mode: isOn }),
    signal: AbortSignal.timeout(60_000),
  })
  if (!response.ok) throw new Error(`${leader?.name} refuses PATCH /config: HTTP ${response.status}`)
  const what = isOn ? 'a member is the synchronous standby' : 'no member is the synchronous standby any more'
  await t.until(what, (s) => isSynchronous(s) === isOn && hasSyncStandby(s) === isOn)
}

export function isSynchronous(state: State): boolean | undefined {
  return fresh(state.config)?.isSynchronous
}

function hasSyncStandby(state: State): boolean | undefined {
  return fresh(state.cluster)?.members.some((member) => member.role === 'sync_standby')
}
