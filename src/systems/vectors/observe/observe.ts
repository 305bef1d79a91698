import type { Reading } from '../../../model/events.ts'
import { httpSource } from '../../../observe/http-source.ts'
import { poll, SourceError } from '../../../observe/poll.ts'
import type { Observing } from '../../place.ts'
import type { VectorsSections } from '../definition.ts'
import type { VectorsEvent } from '../events.ts'
import { parseGateway, parseNode } from './info.ts'

const EVERY_MS = 500

/** Asks every gateway and every node twice a second what it knows. */
export function observeServers(
  { vectors: { gateways, nodes } }: VectorsSections,
  to: Pick<Observing, 'log' | 'clock'>,
  signal: AbortSignal,
): readonly Promise<void>[] {
  const nodeAt = (url: string) => nodes.find(({ inside }) => inside === url)?.name ?? url
  return [
    ...gateways.map(({ name, url }) =>
      ask({ ...to, url, parse: (body) => parseGateway(body, nodeAt) }, signal, (reading) => ({
        type: 'vectors.gateway',
        gateway: name,
        reading,
      })),
    ),
    ...nodes.map(({ name, url }) =>
      ask({ ...to, url, parse: parseNode }, signal, (reading) => ({ type: 'vectors.node', node: name, reading })),
    ),
  ]
}

interface Asking<T> extends Pick<Observing, 'log' | 'clock'> {
  readonly url: string
  readonly parse: (body: unknown) => T
}

async function ask<T>(
  { log, clock, url, parse }: Asking<T>,
  signal: AbortSignal,
  told: (reading: Reading<T>) => VectorsEvent,
): Promise<void> {
  const http = httpSource(url)
  const read = async (call: AbortSignal) => {
    const { status, body } = await http.get(call, 'info')
    if (status !== 200) throw new SourceError(`HTTP ${status}`)
    return parse(JSON.parse(body))
  }
  await poll(signal, { clock, everyMs: EVERY_MS, ask: read, report: (reading) => log.append(told(reading)) })
  http.close()
}
