import type { Draw } from '../../../faults/draws.ts'
import { pick } from '../../../model/rng.ts'

/** What can be broken in a Patroni cluster again and again without a hand, and heals by itself once it is put back. */
export const draws: readonly Draw[] = [
  { inject: 'kill', targets: ['leader', 'replica', 'etcd-leader', 'etcd-follower', 'haproxy'], weight: 4 },
  { inject: 'stop', targets: ['leader', 'replica', 'etcd-leader', 'etcd-majority'], weight: 3 },
  { inject: 'pause', targets: ['leader', 'replica', 'etcd-leader', 'haproxy'], weight: 3 },
  { inject: 'restart', targets: ['leader', 'replica', 'haproxy'], weight: 1 },
  { inject: 'isolate', targets: ['leader', 'replica', 'etcd-leader'], weight: 4 },
  { inject: 'isolate', targets: ['leader'], weight: 2, settings: () => ({ from: ['all'] }) },
  { inject: 'isolate', targets: ['leader'], weight: 1, settings: (rng) => ({ direction: pick(rng, ['in', 'out']) }) },
  {
    inject: 'loss',
    targets: ['leader', 'replica', 'etcd-leader'],
    weight: 2,
    settings: (rng) => ({ percent: pick(rng, [5, 20, 40]) }),
  },
  { inject: 'bandwidth', targets: ['leader', 'replica'], weight: 1, settings: () => ({ rate: '1mbit' }) },
  { inject: 'kill-postmaster', targets: ['leader', 'replica'], weight: 2 },
  { inject: 'kill-backend', targets: ['leader'], weight: 1 },
  { inject: 'freeze-patroni', targets: ['leader', 'replica'], weight: 2 },
  { inject: 'freeze-postmaster', targets: ['replica'], weight: 1 },
  { inject: 'freeze-replication', targets: ['replica'], weight: 1 },
  { inject: 'cpu', targets: ['leader', 'etcd-leader'], weight: 1, settings: () => ({ cores: 0.1 }) },
  { inject: 'switchover', targets: ['leader'], weight: 2 },
  { inject: 'delete-leader-key', targets: ['leader'], weight: 1 },
]
