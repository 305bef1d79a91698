import type { Draw } from '../../../faults/draws.ts'
import { pick } from '../../../model/rng.ts'

const SERVERS = ['leader', 'replica', 'gateway']
const NODES = ['leader', 'replica']

/** What any node, gateway or store can suffer again and again without a hand. */
export const draws: readonly Draw[] = [
  { inject: 'kill', targets: [...SERVERS, 'store'], weight: 4 },
  { inject: 'stop', targets: SERVERS, weight: 2 },
  { inject: 'pause', targets: NODES, weight: 3 },
  { inject: 'isolate', targets: NODES, weight: 4, settings: () => ({ from: ['apps', 'proxies'] }) },
  { inject: 'loss', targets: NODES, weight: 2, settings: (rng) => ({ percent: pick(rng, [5, 20]) }) },
]
