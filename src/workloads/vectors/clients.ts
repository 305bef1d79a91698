/** What this workload connects with, and what the system `vectors`, which gives it, injects its own faults by. */
export interface VectorsClients {
  readonly gateways: readonly { readonly name: string; readonly url: string }[]
  readonly nodes: readonly { readonly name: string; readonly url: string; readonly inside: string }[]
  readonly secret: string
}

/** @throws {Error} another system's clients */
export function clientsOf(given: unknown): VectorsClients {
  const clients = given as Partial<VectorsClients> | null | undefined
  if (clients?.gateways === undefined || clients.nodes === undefined || clients.secret === undefined)
    throw new Error('the workload vectors needs a vector store (system: vectors)')
  return clients as VectorsClients
}

/** All of a run's vectors are in a namespace of its own, so that searches find nothing else. */
export const namespaceOf = (runId: string): string => `lab_${runId}`
export const NAMESPACES = /^lab_[a-z0-9]+$/
/** The probe's, which no search looks at. */
export const PROBES = 'probe'
/** The name of a vector. */
export const idOf = (runId: string, key: number): string => `${runId}-${key}`

/** Of every map. */
export const SLOTS = 256

/** A node calls its copies `CLUSTER.SHARD`, with `~GENERATION` where it was added later, or by the shard alone. */
export function shardOf(key: string): string {
  return key.slice(key.indexOf('.') + 1).replace(/~\d+$/, '')
}
