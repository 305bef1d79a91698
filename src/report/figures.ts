import { longestOf } from '../model/figure-value.ts'
import type { OwnFigure } from '../systems/reported.ts'
import { systems } from '../systems/systems.ts'
import type { WorkloadFigure } from '../workloads/workload.ts'
import { workloads } from '../workloads/workloads.ts'
import { lostBeyondFault, outageBeyondPrediction, splitBrainBeyondFault } from './beyond-fault.ts'
import { count, duration, type Figure, ofWhom, phase, share } from './figure.ts'
import {
  audited,
  differences,
  howMany,
  lasting,
  longest,
  longestOfSome,
  redundancy,
  total,
  withLosses,
} from './figure-values.ts'
import type { Measured } from './summary-schema.ts'

/** Every figure that can be expected of a run. */
export const figures: readonly Figure[] = [
  count('attempted_writes', 'writes that were due', ({ writes }) => writes.attempted),
  count('acknowledged_writes', 'acknowledged with every guarantee', ({ writes }) => writes.acknowledged),
  count('unguarded_writes', 'acknowledged without their synchronous standby', ({ writes }) => writes.unguarded),
  count('failed_writes', 'certainly not done, as the client was told', ({ writes }) => writes.failed),
  count('unknown_writes', 'without an answer: done or not', ({ writes }) => writes.unknown),
  count('dropped_writes', 'never sent, as no connection was free in time', ({ writes }) => writes.dropped),
  count('lost_writes', 'acknowledged, and not in the database', ({ writes }) => audited(writes.audited, writes.lost)),
  count('unguarded_lost_writes', 'acknowledged without the standby, and not in the database', ({ writes }) =>
    audited(writes.audited, writes.unguardedLost),
  ),
  count('unexplained_lost_writes', 'lost, and no fork of the timeline accounts for it', ({ writes, autopsy }) => {
    if (writes.lost === null) return null
    return writes.lost === 0 && !writes.unguardedLost ? 0 : (autopsy?.unexplained ?? null)
  }),
  count('lost_writes_beyond_fault', 'lost, though no fault in force can lose any in this mode', lostBeyondFault),
  count('recovered_writes', 'unknown to the client, and in the database', ({ writes }) => writes.recovered),
  count('phantom_writes', 'failed or never sent, and in the database all the same', ({ writes }) => writes.phantom),
  count('duplicated_writes', 'more than one row of the same write', ({ writes }) => writes.duplicated),
  count('altered_rows', 'rows whose owner, key or time is not as it was written', ({ writes }) => writes.altered),
  count('never_attempted_rows', 'rows of the run that no write can have made', ({ writes }) => writes.neverAttempted),
  count('replica_differences', 'rows that a replica lacks, has too often or holds with another content', differences),
  ...workloadFigures(),
  ...systems.flatMap(({ type, figures = [] }) => figures.map((figure) => ofSystem(type, figure))),
  count('lost_probe_writes', 'acknowledged rows of the outage probe that are gone', ({ probe }) => probe?.lost ?? null),
  count('failed_reads', 'reads that failed', ({ reads }) => reads.failed),
  count('unknown_reads', 'reads without an answer', ({ reads }) => reads.unknown),
  duration(
    'write_outage',
    'the longest outage of writes: from the last one that was acknowledged to the first of a recovery that lasted',
    (s) => longest(s, 'write'),
  ),
  duration(
    'write_outage_with_losses',
    'the longest time without an acknowledged write that lasted: what was acknowledged and lost is no service',
    withLosses,
  ),
  duration('write_outage_total', 'all write outages together', (s) => total(s, 'write')),
  duration(
    'outage_beyond_prediction',
    'by how much a write outage was longer than the configuration allows for the faults in force',
    outageBeyondPrediction,
  ),
  count('write_outages', 'how many of them', (s) => howMany(s, 'write')),
  duration(
    'read_outage',
    'the longest outage of reads: from the last one that was answered to the first of a recovery that lasted',
    (s) => longest(s, 'read'),
  ),
  duration('read_outage_total', 'all read outages together', (s) => total(s, 'read')),
  count('read_outages', 'how many of them', (s) => howMany(s, 'read')),
  duration(
    'partial_write_outage',
    'the longest outage of writes of some clients, served apart from others: those of one site, or of one share; not known where all are as one',
    (s) => longestOfSome(s, 'write'),
  ),
  duration(
    'partial_read_outage',
    'the longest outage of reads of some clients, served apart from others: those of one site, or of one share; not known where all are as one',
    (s) => longestOfSome(s, 'read'),
  ),
  duration(
    'write_gap',
    'the longest time without an acknowledged write, of the probe or of the workload; what was too short to be an outage, too',
    ({ service }) => service.write.gap?.ms ?? null,
  ),
  duration(
    'read_gap',
    'the longest time without an answered read, of the probe or of the workload; what was too short to be an outage, too',
    ({ service }) => service.read.gap?.ms ?? null,
  ),
  duration(
    'guaranteed_write_gap',
    'the longest time without a write that was acknowledged with every guarantee',
    ({ service }) => service.write.guaranteedGap?.ms ?? null,
  ),
  share(
    'write_availability',
    'the share of the writes that were due, of probe and workload, that was acknowledged',
    ({ service }) => service.write.availability,
  ),
  share(
    'read_availability',
    'the share of the reads that were due, of probe and workload, that was answered',
    ({ service }) => service.read.availability,
  ),
  share(
    'write_windows',
    'the share of windows of 100 ms with an acknowledged write: of the probe or of the workload, whichever has less',
    ({ service }) => service.write.windows,
  ),
  share(
    'read_windows',
    'the share of windows of 100 ms with an answered read: of the probe or of the workload, whichever has less',
    ({ service }) => service.read.windows,
  ),
  duration(
    'unmeasured_time',
    'how long the lab itself was asleep, and could not measure',
    ({ settings, unmeasured }) => (settings.probeIntervalMs === null ? null : unmeasured.totalMs),
  ),
  count('failovers', 'how often the leader key passed on', ({ failovers }) => failovers.length),
  phase(
    'time_to_key_gone',
    'key-gone',
    'of the longest write outage, in its slowest pass: until the leader key was gone',
  ),
  phase(
    'time_to_key_taken',
    'key-taken',
    'of the longest write outage, in its slowest pass: until another node had taken it',
  ),
  phase(
    'time_to_promotion',
    'promoted',
    'of the longest write outage, in its slowest pass: until it was out of recovery',
  ),
  phase('time_to_proxy', 'proxy-up', 'of the longest write outage, in its slowest pass: until the proxy led to it'),
  phase('time_to_first_write', 'first-ack', 'of the longest write outage: until a write was acknowledged again'),
  duration(
    'redundancy_restored',
    'from the fault that led to a failover, or the beginning of the outage, until the old leader streamed again; the slowest',
    redundancy,
  ),
  duration('split_brain', 'time in which two nodes would have taken writes, or did', ({ splitBrain }) =>
    splitBrain.isWatched ? splitBrain.totalMs : null,
  ),
  duration(
    'split_brain_unknown',
    'time in which two nodes may have taken writes, and nobody could see it',
    ({ splitBrain }) => (splitBrain.isWatched ? splitBrain.unwitnessedMs : null),
  ),
  duration(
    'split_brain_beyond_fault',
    'by how much split brains were longer than the faults in force explain',
    splitBrainBeyondFault,
  ),
  duration('pinned_sessions', 'the longest time in which the proxy held sessions to a node without the key', (s) =>
    s.pinned === null ? null : longestOf(s.pinned.map((span) => lasting(span, s.durationMs))),
  ),
  duration('stale_reads', 'how far behind the stalest read was', ({ reads }) =>
    reads.staleness === null ? null : (reads.staleness.staleMs?.max ?? 0),
  ),
  count(
    'backwards_reads',
    'reads that saw less than an earlier one',
    ({ reads }) => reads.staleness?.backwards ?? null,
  ),
  count('missed_own_reads', 'reads that did not see a write acknowledged before', ({ reads }) =>
    reads.staleness === null ? null : reads.staleness.missedOwn,
  ),
]

/** `a.lost_writes` is that of the system `a` of a lab that has several. */
export function findFigure(name: string): Figure | null {
  const [instance, own] = ofWhom(name)
  const found = figures.find((figure) => figure.name === own) ?? null
  if (instance === null || found === null) return found
  const read = ({ instances }: Measured) => {
    const one = instances?.[instance]
    return one === undefined ? null : found.read(one)
  }
  return { ...found, name, read }
}

/** Workloads that mean the same by a name share the figure. */
function workloadFigures(): Figure[] {
  const all = workloads.flatMap(({ type, figures }) => figures.map((figure) => ({ type, ...figure })))
  return [...Map.groupBy(all, ({ name }) => name).values()].map((same) => {
    return ofWorkloads(
      same.map(({ type }) => type),
      same[0] as WorkloadFigure,
    )
  })
}

/** Null in a run of another workload: there is nothing to judge then. */
function ofWorkloads(types: readonly string[], { name, about }: WorkloadFigure): Figure {
  return count(name, about, ({ workload }) => {
    return workload !== null && types.includes(workload.type) ? (workload.counts[name] ?? null) : null
  })
}

/** The same of another system. */
export function ofSystem(type: string, { name, unit, about }: OwnFigure): Figure {
  return { name, unit, about, read: ({ system }) => (system?.type === type ? (system.figures[name] ?? null) : null) }
}
