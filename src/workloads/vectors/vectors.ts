import type { OwnWorkload, ReadBack, RunToRead } from '../workload.ts'
import { clientsOf, NAMESPACES, namespaceOf, PROBES, type VectorsClients } from './clients.ts'
import { judgeVectors } from './judge-vectors.ts'
import { readShards } from './read-shards.ts'
import { beginVectors, MarkedSearches } from './run.ts'
import { FIGURES, findingsOf, SEARCHES, sectionOf, TYPE, VECTORS } from './words.ts'

/** Inserts, updates and deletes of vectors, and searches of which every one is held against what was acknowledged. */
export const vectors: OwnWorkload = {
  type: TYPE,
  about: 'inserts, updates, deletes and searches vectors',
  rows: {
    table: 'vectors',
    place: 'metadata.seq',
    from: 'all shards',
    altered: 'the vector is not what the write had brought',
  },
  prepare: ({ clients }, signal) => prepare(clients, signal),
  begin: beginVectors,
  readBack,
  checks: [VECTORS, SEARCHES],
  figures: FIGURES,
  section: sectionOf,
}

/** Makes the namespace of the probe, and throws away what earlier runs have left. */
async function prepare(given: unknown, signal: AbortSignal): Promise<void> {
  for (const { url } of clientsOf(given).gateways) {
    const namespaces = await namespacesAt(url, signal)
    for (const { name } of namespaces.filter((each) => NAMESPACES.test(each.name)))
      await fetch(`${url}/namespaces/${name}`, { method: 'DELETE', signal })
    if (namespaces.some(({ name }) => name === PROBES)) continue
    const made = await fetch(`${url}/namespaces/${PROBES}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ dimension: 2, metric: 'euclidean' }),
      signal,
    })
    if (!made.ok && made.status !== 409) throw new Error(`the namespace ${PROBES} cannot be made (${made.status})`)
  }
}

async function namespacesAt(url: string, signal: AbortSignal): Promise<readonly { readonly name: string }[]> {
  const listed = await fetch(`${url}/namespaces`, { signal })
  if (!listed.ok) throw new Error(`${url}/namespaces answers ${listed.status}: the store has no map yet`)
  return ((await listed.json()) as { readonly namespaces: readonly { readonly name: string }[] }).namespaces
}

async function readBack(run: RunToRead, signal: AbortSignal): Promise<ReadBack> {
  const { clients, clock, runId, ledger, isLedgerComplete, marked } = run
  await refuseThrownAway(clientsOf(clients), runId, signal)
  const read = await readShards(clientsOf(clients), runId, clock, signal)
  const { vanished, searches } = marked instanceof MarkedSearches ? marked : NOBODY_KEPT
  const found = judgeVectors(ledger, read.rows, vanished, isLedgerComplete)
  return {
    rows: found.present.map((seq) => `${runId}:${seq}`),
    judge: ({ isLossy }) => findingsOf({ found, read, searches, isLossy }),
  }
}

const LISTED_WITHIN_MS = 10_000

/** Every run throws away what those before it have left: that is no loss. @throws where that has been done to this one */
async function refuseThrownAway({ gateways }: VectorsClients, runId: string, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LISTED_WITHIN_MS)])
  const listed = await Promise.any(gateways.map(({ url }) => namespacesAt(url, limit))).catch(() => [])
  const ofRuns = listed.filter(({ name }) => NAMESPACES.test(name))
  if (ofRuns.length > 0 && !ofRuns.some(({ name }) => name === namespaceOf(runId)))
    throw Object.assign(new Error('a later run has thrown away what this one left'), { isLasting: true })
}

const NOBODY_KEPT = { vanished: new Set<number>(), searches: null }
