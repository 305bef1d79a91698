import type { Anatomies, Failover } from './explained.ts'
import type { Outage } from './outage.ts'

/** Each with the outage that an anatomy tells of it, once that is over. What does not change keeps its identity. */
export function withOutages(failovers: readonly Failover[], { ended }: Anatomies): readonly Failover[] {
  const told = failovers.map((each) => {
    const outage = outageOf(each, ended) ?? each.outage
    return outage === each.outage ? each : { ...each, outage }
  })
  return told.every((each, index) => each === failovers[index]) ? failovers : told
}

function outageOf(failover: Failover, ended: Anatomies['ended']): Outage | null {
  const its = ended.findLast(({ of, outage, moments }) => {
    return of === 'write' && outage !== null && moments.some((moment) => isTaking(failover, moment))
  })
  return its?.outage ?? null
}

/** Whether this is the moment at which the lead was taken. */
export function isTaking(
  { seq, to }: Failover,
  moment: { readonly name: string; readonly part: string | null; readonly seq: number | null },
): boolean {
  return moment.name === 'key-taken' && moment.part === to && moment.seq === seq
}
