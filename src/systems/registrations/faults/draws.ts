import type { Draw } from '../../../faults/draws.ts'
import { pick } from '../../../model/rng.ts'

const SERVERS = ['master', 'random(of: shards, count: 1)']

/** What shards, master and applications can suffer again and again without a hand. */
export const draws: readonly Draw[] = [
  { inject: 'kill', targets: [...SERVERS, 'random(of: apps, count: 1)'], weight: 4 },
  { inject: 'stop', targets: SERVERS, weight: 2 },
  { inject: 'pause', targets: [...SERVERS, 'random(of: apps, count: 1)'], weight: 3 },
  { inject: 'isolate', targets: SERVERS, weight: 3, settings: () => ({ from: 'nodes' }) },
  { inject: 'loss', targets: SERVERS, weight: 2, settings: (rng) => ({ percent: pick(rng, [5, 20, 40]) }) },
]
