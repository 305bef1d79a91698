import type { HistoryRow } from '../../audit/tenures.ts'
import type { LabShape } from '../../model/events.ts'
import { httpSource } from '../../observe/http-source.ts'
import { nameIsTaken } from '../definition-parts.ts'
import { containersOf, type Place, type Sections } from '../place.ts'
import type { PairSections } from './definition.ts'
import type { PairStatus } from './events.ts'
import { PROXY } from './known.ts'
import { observeReplication } from './observe/replication.ts'
import { observeStatus, parseStatus } from './observe/status.ts'

/** The pair that these sections describe. */
export function locate({ name, sections, wrong }: Sections<PairSections>): Place {
  const { nodes, proxy, rule } = sections.pair
  const names = nodes.map((node) => node.name)
  for (const [index, each] of names.entries())
    if (each === PROXY || names.indexOf(each) < index) wrong(['pair', 'nodes', index, 'name'], nameIsTaken(each))
  const shape = shapeOf(name, sections)
  const direct = nodes.map(({ postgres }) => postgres)
  return {
    servers: nodes.map((node) => ({ name: node.name, address: node.postgres })),
    doors: [{ part: PROXY, url: proxy.status }],
    shape,
    look: async () => shape,
    missing: () => [],
    // Clients that know every address try the proxy first, then the servers past it.
    routes: (_shape, which) => {
      const addresses = [proxy.address, ...(which === 'all' ? direct : [])] as const
      return { write: addresses, read: addresses }
    },
    entrances: () => [`the proxy on ${proxy.address.host}:${proxy.address.port}, its status at ${proxy.status}`],
    observe: ({ log, clock, credentials }, signal) => [
      observeStatus({ log, clock, url: proxy.status, rule }, signal),
      observeReplication({ log, clock, nodes, credentials }, signal),
    ],
    // As often as the first experiment looks.
    rowsEveryMs: 100,
    control: null,
    history: (signal) => readHistory(proxy.status, signal),
  }
}

function shapeOf(name: string, { pair: { nodes, proxy } }: PairSections): LabShape {
  return {
    name,
    system: 'pair',
    nodes: nodes.map((node) => node.name),
    containerOf: containersOf([...nodes, { name: PROXY, container: proxy.container }]),
  }
}

async function readHistory(url: string, signal: AbortSignal): Promise<readonly HistoryRow[]> {
  const http = httpSource(url)
  try {
    return historyOf(parseStatus((await http.get(signal)).body))
  } finally {
    http.close()
  }
}

/** Who led from where on: each promotion that PostgreSQL has carried out. */
function historyOf({ promotions }: Pick<PairStatus, 'promotions'>): readonly HistoryRow[] {
  return promotions.flatMap(({ node, at, result }): HistoryRow[] => {
    if (result?.type !== 'promoted' || result.forkLsn === null) return []
    const { timeline, forkLsn, tookMs } = result
    return [{ timeline: timeline - 1, forkLsn, atUnixMs: Date.parse(at) + tookMs, newLeader: node }]
  })
}
