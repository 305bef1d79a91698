import type { Audit, WorkloadFindings } from '../model/audit.ts'
import { migrations, transfers } from './distributed/distributed.ts'
import { events } from './events/events.ts'
import { listAppend } from './list-append/list-append.ts'
import { registrations } from './registrations/registrations.ts'
import { vectors } from './vectors/vectors.ts'
import type { Workload } from './workload.ts'

/** All that clients can be told to do. The first is what they do unless it is said otherwise. */
export const workloads: readonly [Workload, ...Workload[]] = [
  events, // one insert a write, the newest rows a read
  listAppend, // one append a write, a whole list a read
  transfers, // one transfer between databases a write, a sum over all a read
  migrations, // one script for every database a write, a look at all schemas a read
  registrations, // a student for a section over HTTP a write
  vectors, // one vector a write, one search a read
]

export const DEFAULT_WORKLOAD = workloads[0].type

export const workloadTypes: readonly string[] = workloads.map(({ type }) => type)

/** Null when there is none of this type. */
export function findWorkload(type: string): Workload | null {
  return workloads.find((workload) => workload.type === type) ?? null
}

/** What the workload of a run found, in a recording of any age; null where nobody kept what its answers showed. */
export function workloadFindings(audit: Audit): WorkloadFindings | null {
  if (audit.workload !== undefined) return audit.workload
  for (const workload of workloads) {
    const found = 'findingsBefore' in workload ? workload.findingsBefore(audit) : null
    if (found !== null) return found
  }
  return null
}
