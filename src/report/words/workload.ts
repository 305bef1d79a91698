import type { WorkloadSection } from '../../workloads/workload.ts'
import { findWorkload } from '../../workloads/workloads.ts'
import type { Summary } from '../summary-schema.ts'

/** What the workload has to say of a run; null where it has nothing. */
export function workloadSection({ workload }: Summary): WorkloadSection | null {
  if (workload === null || Object.keys(workload.counts).length === 0) return null
  return findWorkload(workload.type)?.section(workload) ?? null
}
