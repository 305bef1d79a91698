import { parseJson } from '../../../model/parse-json.ts'
import { pollHttp } from '../../../observe/poll-server.ts'
import type { Observing } from '../../place.ts'
import type { VectorsSections } from '../definition.ts'
import { parseGateway, parseNode } from './info.ts'

const EVERY_MS = 500

/** Asks every gateway and every node twice a second what it knows. */
export function observeServers(
  { vectors: { gateways, nodes } }: VectorsSections,
  { log, clock }: Pick<Observing, 'log' | 'clock'>,
  signal: AbortSignal,
): readonly Promise<void>[] {
  const nodeAt = (url: string) => nodes.find(({ inside }) => inside === url)?.name ?? url
  const every = { clock, everyMs: EVERY_MS, path: 'info' }
  return [
    ...gateways.map(({ name, url }) =>
      pollHttp(signal, {
        ...every,
        url,
        parse: (body) => parseGateway(parseJson(body), nodeAt),
        report: (reading) => log.append({ type: 'vectors.gateway', gateway: name, reading }),
      }),
    ),
    ...nodes.map(({ name, url }) =>
      pollHttp(signal, {
        ...every,
        url,
        parse: (body) => parseNode(parseJson(body)),
        report: (reading) => log.append({ type: 'vectors.node', node: name, reading }),
      }),
    ),
  ]
}
