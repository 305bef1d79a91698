import type { Section } from '../../model/section.ts'
import { findWorkload } from '../../workloads/workloads.ts'
import type { Summary } from '../summary-schema.ts'

/** What the workload and the system under test have to say of a run; empty where they have nothing. */
export function ownSections({ workload, system }: Summary): readonly (Section & { readonly id: string })[] {
  const found = workload !== null && Object.keys(workload.counts).length > 0 ? findWorkload(workload.type) : null
  const told = workload === null ? null : (found?.section(workload) ?? null)
  return [
    ...(told === null ? [] : [{ id: 'workload', ...told }]),
    ...(system?.sections ?? []).map((section, index) => ({ id: `system-${index + 1}`, ...section })),
  ]
}
