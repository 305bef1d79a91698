import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { withoutCache } from './container-stats.ts'

/** What the kernel of this machine has counted; all times since some moment before, in milliseconds of one processor. */
export interface ThisMachine {
  readonly cores: number
  machine(): MachineUse
  /** How long a container has run; null where its cgroup is not found: it is gone, or its engine is not on this machine. */
  usedMs(containerId: string): number | null
  /** With its memory, as {@link withoutCache} counts it; null where either cannot be read. */
  usageOf(containerId: string): { readonly usedMs: number; readonly memoryBytes: number } | null
  /** How long each of its threads was ready to run and had no processor, by thread. */
  waitedMs(containerId: string): ReadonlyMap<string, number>
  /** How long this process has run. */
  ownMs(): number
}

interface MachineUse {
  /** Somebody ran, in whatever way; what others had of a virtual machine's processors is not among it. */
  readonly busyMs: number
  /** Others had the processors of this virtual machine. */
  readonly stolenMs: number
}

/** The kernel counts in hundredths of a second here, whatever it is built for (proc(5), USER_HZ). */
const TICK_MS = 10

/** Reads /proc and the cgroups of this machine. What cannot be read throws; a container that is not found does not. */
export function thisMachine(root = '/'): ThisMachine {
  const read = (...names: string[]) => readFileSync(path.join(root, ...names), 'utf8')
  const folders = new Map<string, Folder>()
  const folderOf = (id: string): Folder | null => {
    const found = folders.get(id) ?? FOLDERS.map((of) => of(id)).find(({ used }) => existsSync(path.join(root, used)))
    if (found !== undefined) folders.set(id, found)
    return found ?? null
  }
  const usedMs = (id: string) => {
    const folder = folderOf(id)
    if (folder === null) return null
    try {
      return folder.usedMs(read(folder.used))
    } catch {
      folders.delete(id)
      return null
    }
  }
  return {
    cores: availableParallelism(),
    machine() {
      const [, ofAll = ''] = /^cpu +(.+)$/m.exec(read('proc/stat')) ?? []
      const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = ofAll.split(' ').map(Number)
      return { busyMs: (user + nice + system + irq + softirq) * TICK_MS, stolenMs: steal * TICK_MS }
    },
    usedMs,
    usageOf(id) {
      const used = usedMs(id)
      const memory = folderOf(id)?.memory
      if (used === null || memory === undefined) return null
      try {
        const cacheBytes = Number(memory.cache.exec(read(memory.stat))?.[1])
        return { usedMs: used, memoryBytes: withoutCache(Number(read(memory.used)), cacheBytes) }
      } catch {
        return null
      }
    },
    waitedMs(id) {
      const folder = folderOf(id)
      const threads = folder === null ? '' : orEmpty(() => read(folder.threads))
      return new Map(
        threads.split('\n').flatMap((thread) => {
          const [, waitedNs] = thread === '' ? [] : orEmpty(() => read('proc', thread, 'schedstat')).split(' ')
          return waitedNs === undefined ? [] : [[thread, Number(waitedNs) / 1e6] as const]
        }),
      )
    },
    ownMs() {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1_000
    },
  }
}

interface Folder {
  /** The file that lists its threads. */
  readonly threads: string
  /** The file that says how long they have run, those that have ended among them. */
  readonly used: string
  usedMs(text: string): number
  /** The files that say how many bytes it has, and how many of them are of files that can be dropped. */
  readonly memory: { readonly used: string; readonly stat: string; readonly cache: RegExp }
}

/** Where an engine puts a container: by cgroups v1 and v2, by systemd or by itself. */
const FOLDERS: readonly ((id: string) => Folder)[] = ['docker/ID', 'system.slice/docker-ID.scope'].flatMap((place) => [
  (id: string): Folder => {
    const own = place.replace('ID', id)
    return {
      threads: `sys/fs/cgroup/cpu/${own}/tasks`,
      used: `sys/fs/cgroup/cpuacct/${own}/cpuacct.usage`,
      usedMs: (text) => Number(text) / 1e6,
      memory: {
        used: `sys/fs/cgroup/memory/${own}/memory.usage_in_bytes`,
        stat: `sys/fs/cgroup/memory/${own}/memory.stat`,
        cache: /^total_inactive_file (\d+)$/m,
      },
    }
  },
  (id: string): Folder => {
    const own = place.replace('ID', id)
    return {
      threads: `sys/fs/cgroup/${own}/cgroup.threads`,
      used: `sys/fs/cgroup/${own}/cpu.stat`,
      usedMs: (text) => Number(/^usage_usec (\d+)$/m.exec(text)?.[1]) / 1_000,
      memory: {
        used: `sys/fs/cgroup/${own}/memory.current`,
        stat: `sys/fs/cgroup/${own}/memory.stat`,
        cache: /^inactive_file (\d+)$/m,
      },
    }
  },
])

/** Threads and containers end while they are looked at. */
function orEmpty(work: () => string): string {
  try {
    return work()
  } catch {
    return ''
  }
}
