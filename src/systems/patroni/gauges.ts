import { isCurrent } from '../../model/sight.ts'
import type { State as CoreState } from '../../model/state.ts'
import type { Gauge, Source } from '../reported.ts'
import { leaderOf } from './health.ts'
import { proxiesOf, statsOf } from './proxies.ts'
import { patroniOf } from './state.ts'

/** The leader key. It is told by watches, which are silent while nothing changes: the lease, which is polled, shows that etcd is heard. */
export const patroniGauges: readonly Gauge[] = [
  {
    name: 'leader',
    help: 'Whether a member holds the leader key: 1 or 0; absent while etcd does not tell the lab',
    labels: ['member'],
    series(core) {
      const state = patroniOf(core)
      const isKnown = isHeard(core) && state.etcd.key.changedAtMs !== null
      const leader = leaderOf(state)
      return (state.lab?.nodes ?? []).map((member) => [{ member }, isKnown ? Number(leader === member) : null])
    },
  },
  {
    name: 'leader_lease_remaining_seconds',
    help: 'What was left of the lease under the leader key when it was last read, in seconds; absent without one',
    labels: [],
    series: (core) => [[{}, isHeard(core) ? patroniOf(core).etcd.lease.value?.remainingSeconds : null]],
  },
]

function isHeard(core: CoreState): boolean {
  return isCurrent(patroniOf(core).etcd.lease, core.atMs)
}

/** Patroni's agents, etcd and HAProxy. */
export function patroniSources(core: CoreState): readonly Source[] {
  const state = patroniOf(core)
  const { lab, nodes, etcd } = state
  return [
    ...(lab?.nodes ?? []).map((target) => ({ source: 'patroni', target, seen: nodes[target]?.patroni })),
    ...(lab?.etcdMembers ?? []).map((target) => ({ source: 'etcd', target, seen: etcd.members[target] })),
    ...proxiesOf(state).map(({ name: target }) => {
      return { source: 'haproxy', target, seen: statsOf(state, target), isAround: true }
    }),
  ]
}
