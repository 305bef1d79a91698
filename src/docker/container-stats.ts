import { z } from 'zod'
import { cancellable, type Engine } from './engine.ts'

/** What a container used in the last second. */
export interface ContainerStats {
  /** Cores in use: 1 is one whole core. */
  readonly cpuCores: number
  /** As {@link withoutCache} counts it. */
  readonly memoryBytes: number
}

const cpuSchema = z.object({
  cpu_usage: z.object({ total_usage: z.number(), percpu_usage: z.array(z.number()).nullish() }),
  system_cpu_usage: z.number().nullish(),
  online_cpus: z.number().nullish(),
})

const statsSchema = z.object({
  cpu_stats: cpuSchema,
  precpu_stats: cpuSchema,
  memory_stats: z.object({
    usage: z.number(),
    stats: z.object({ total_inactive_file: z.number().nullish(), inactive_file: z.number().nullish() }).nullish(),
  }),
})

/** The engine sends one sample a second. */
const SILENCE_MS = 10_000

/**
 * A sample a second while the container runs; the first comes after about two seconds. Ends when the signal aborts;
 * throws an {@link EngineError} when the stream breaks, the container is gone, or nothing came for 10 s. Engines go on
 * sending empty samples for a container that has stopped: these are left out.
 */
export async function containerStats(
  engine: Engine,
  containerId: string,
  signal?: AbortSignal,
): Promise<AsyncIterable<ContainerStats>> {
  const lines = await engine.stream(
    (docker, abortSignal) => docker.getContainer(containerId).stats({ stream: true, ...cancellable(abortSignal) }),
    { signal, silenceMs: SILENCE_MS },
  )
  return statsOf(lines)
}

async function* statsOf(lines: AsyncIterable<unknown>): AsyncGenerator<ContainerStats, void> {
  for await (const line of lines) {
    const stats = readStats(line)
    if (stats !== null) yield stats
  }
}

/**
 * One sample of `GET /containers/ID/stats`; null when it holds no difference to count by (the first of a stream, or a
 * container that does not run). Arithmetic: docker/cli, cli/command/container/stats_helpers.go.
 */
export function readStats(line: unknown): ContainerStats | null {
  const parsed = statsSchema.safeParse(line)
  if (!parsed.success) return null
  const { cpu_stats: cpu, precpu_stats: before, memory_stats: memory } = parsed.data
  const usedNs = cpu.cpu_usage.total_usage - before.cpu_usage.total_usage
  // Summed over all the CPUs of the machine, hence the factor.
  const passedNs = (cpu.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0)
  const cpus = cpu.online_cpus || cpu.cpu_usage.percpu_usage?.length || 0
  if (!before.system_cpu_usage || passedNs <= 0 || usedNs < 0 || cpus === 0) return null
  // cgroup v1 has `total_inactive_file`, v2 `inactive_file`; v1 has the latter too, without the children.
  const cacheBytes = memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? 0
  return { cpuCores: (usedNs / passedNs) * cpus, memoryBytes: withoutCache(memory.usage, cacheBytes) }
}

/** Memory in use without the file cache that can be dropped, as `docker stats` counts it (stats_helpers.go, as above). */
export function withoutCache(usedBytes: number, cacheBytes: number): number {
  return cacheBytes < usedBytes ? usedBytes - cacheBytes : usedBytes
}
