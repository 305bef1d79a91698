import type { Draw } from '../../../faults/draws.ts'
import { pick } from '../../../model/rng.ts'
import { EXECUTOR, RECOVERY } from '../known.ts'

const SHARD = 'random(of: shards)'

/** What an executor, its recovery or a database can suffer again and again without a hand. */
export const draws: readonly Draw[] = [
  { inject: 'kill', targets: [EXECUTOR, SHARD], weight: 4 },
  { inject: 'kill', targets: [RECOVERY], weight: 1 },
  { inject: 'stop', targets: [EXECUTOR, SHARD], weight: 2 },
  { inject: 'pause', targets: [EXECUTOR, SHARD], weight: 3 },
  { inject: 'isolate', targets: [SHARD], weight: 3, settings: () => ({ from: [EXECUTOR, RECOVERY] }) },
  { inject: 'loss', targets: [EXECUTOR, SHARD], weight: 1, settings: (rng) => ({ percent: pick(rng, [5, 20]) }) },
]
