import { readFileSync } from 'node:fs'

/** How long this process was ready to run, and had no processor, since it began; with the clock that it is told by. */
export interface Waited {
  readonly at_ms: number
  /** Null where the kernel does not say. */
  readonly waited_ms: number | null
}

/**
 * What the machine has kept this process's thread waiting for, by the kernel's own count; without what a limit of its
 * own container has held back: that is no want of processors.
 */
export function waited(read: (file: string) => string = readText): Waited {
  const at_ms = performance.now()
  try {
    const [, delayNs] = read('/proc/self/schedstat').trim().split(' ').map(Number)
    return { at_ms, waited_ms: Math.max(0, (delayNs as number) / 1e6 - throttledMs(read)) }
  } catch {
    return { at_ms, waited_ms: null }
  }
}

/** The kernel is not asked again for so long: an answer that says it to the last millisecond would cost as much as a search. */
const GOOD_FOR_MS = 20
let last: Waited | null = null

export function waitedLately(): Waited {
  if (last === null || performance.now() - last.at_ms > GOOD_FOR_MS) last = waited()
  return last
}

/** By either version of control groups; both are told in places of their own. */
const THROTTLED = [
  { file: '/sys/fs/cgroup/cpu.stat', line: /^throttled_usec (\d+)$/m, inMs: 1e3 },
  { file: '/sys/fs/cgroup/cpu/cpu.stat', line: /^throttled_time (\d+)$/m, inMs: 1e6 },
]

function throttledMs(read: (file: string) => string): number {
  for (const { file, line, inMs } of THROTTLED) {
    try {
      const [, count] = line.exec(read(file)) ?? []
      if (count !== undefined) return Number(count) / inMs
    } catch {
      // Not of this version.
    }
  }
  return 0
}

const readText = (file: string): string => readFileSync(file, 'utf8')
