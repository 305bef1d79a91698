import type { Acted } from './act.ts'
import { cancellable, type Engine } from './engine.ts'

export interface MemoryLimit {
  /** 0 is no limit. */
  readonly memoryBytes: number
  /** Memory and swap together: 0 is twice the memory, as Docker counts, and -1 no limit. */
  readonly memorySwapBytes: number
}

/** By a share of the cores or by a quota, whichever the container was made with: Docker refuses to mix them. */
export type CpuLimit =
  | { readonly type: 'cores'; readonly nanoCpus: number }
  /** In microseconds of every 100,000, or of the container's own period; 0 is no limit. */
  | { readonly type: 'quota'; readonly quotaMicros: number }

/**
 * What stands for no limit: `POST /containers/ID/update` takes 0 for "leave it as it is", and the engine refuses -1
 * (20.10: "Minimum memory limit allowed is 6MB"). The two differ, so that with cgroup v2, where swap is limited by the
 * difference, swap has no limit either.
 */
export const NO_MEMORY_LIMIT: MemoryLimit = { memoryBytes: 2 ** 62, memorySwapBytes: 2 ** 63 - 4_096 }

/** From here on a limit is none. */
const BEYOND_ALL_BYTES = 2 ** 60

/** The limit as the engine keeps it, with 0 for whatever is none. */
export function toMemoryLimit(memoryBytes: number, memorySwapBytes: number): MemoryLimit {
  const isNone = memoryBytes <= 0 || memoryBytes >= BEYOND_ALL_BYTES
  if (isNone) return { memoryBytes: 0, memorySwapBytes: 0 }
  return { memoryBytes, memorySwapBytes: memorySwapBytes >= BEYOND_ALL_BYTES ? -1 : memorySwapBytes }
}

const DEADLINE_MS = 15_000

/**
 * Changes the memory limit of a container, running or not. Under cgroup v1 a limit below what is in use and
 * cannot be given back is refused; under v2 the OOM killer makes it so.
 * @throws {EngineError} the engine refused (`statusCode` 500: in use)
 */
export async function limitMemory(engine: Engine, of: Acted, limit: MemoryLimit, signal?: AbortSignal): Promise<void> {
  const { memoryBytes, memorySwapBytes } = limit.memoryBytes === 0 ? NO_MEMORY_LIMIT : limit
  const hasSwapLimit = limit.memoryBytes !== 0 && memorySwapBytes !== -1
  const swap = memorySwapBytes === 0 ? 2 * memoryBytes : memorySwapBytes
  const MemorySwap = hasSwapLimit ? swap : NO_MEMORY_LIMIT.memorySwapBytes
  await update(engine, of, { Memory: memoryBytes, MemorySwap }, signal)
  // Only kept by the engine, not passed on to the kernel: hence after the number.
  if (!hasSwapLimit) await update(engine, of, { MemorySwap: -1 }, signal)
}

/** Changes the CPU limit of a container, running or not. @throws {EngineError} the engine refused */
export async function limitCpu(engine: Engine, of: Acted, limit: CpuLimit, signal?: AbortSignal): Promise<void> {
  const change =
    limit.type === 'cores'
      ? { NanoCpus: limit.nanoCpus }
      : // 0 would leave it as it is.
        { CpuQuota: limit.quotaMicros === 0 ? -1 : limit.quotaMicros }
  await update(engine, of, change, signal)
}

async function update(engine: Engine, { id }: Acted, change: object, signal?: AbortSignal): Promise<void> {
  await engine.call(
    (docker, abortSignal) => docker.getContainer(id).update({ ...change, ...cancellable(abortSignal) }),
    { signal, deadlineMs: DEADLINE_MS },
  )
}
