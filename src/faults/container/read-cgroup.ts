import type { World } from '../world.ts'

/** What the kernel itself says of a container's limits; null where it does not. */
interface Cgroup {
  /** Of v2 `max` is told as null. */
  readonly memoryLimitBytes: number | null
  /** In use and not to be had back by dropping what is cached from files. */
  readonly heldBytes: number | null
  /** How many processes the OOM killer has ended. */
  readonly oomKills: number | null
  /** Microseconds that it may run in every period; null without a limit. */
  readonly cpuQuotaMicros: number | null
  /** How many periods it was held back in. */
  readonly throttled: number | null
}

/** Names and meaning: the kernel's admin-guide/cgroup-v2 and cgroup-v1/memory; read as the container sees its own. */
const SCRIPT = `
cd /sys/fs/cgroup || exit 1
for file in memory.max memory.current memory.stat memory.events cpu.max cpu.stat \\
  memory/memory.limit_in_bytes memory/memory.usage_in_bytes memory/memory.stat memory/memory.oom_control \\
  cpu/cpu.cfs_quota_us cpu/cpu.stat
do
  [ -r "$file" ] || continue
  while read -r line; do echo "\${file##*/} $line"; done <"$file"
done
`

const DEADLINE_MS = 5_000

/**
 * Looks from inside the running container.
 * @returns null when that cannot be done: no shell in it, or a limit so small that nothing can be run in it
 */
export async function readCgroup(service: string, world: World, signal: AbortSignal): Promise<Cgroup | null> {
  try {
    const options = { user: 'root', deadlineMs: DEADLINE_MS }
    const { code, stdout } = await world.containers.exec(service, ['sh', '-c', SCRIPT], options, signal)
    return code === 0 ? parseCgroup(stdout) : null
  } catch {
    signal.throwIfAborted()
    return null
  }
}

/** Of lines as `memory.stat anon 1234` or `cpu.max 5000 100000`. */
export function parseCgroup(text: string): Cgroup {
  const values = new Map<string, number>()
  for (const line of text.split('\n')) {
    const words = line.split(' ')
    const number = Number(words[1])
    if (words.length === 3 && Number.isNaN(number)) values.set(`${words[0]} ${words[1]}`, Number(words[2]))
    else if (words.length >= 2 && !Number.isNaN(number)) values.set(words[0] ?? '', number)
  }
  const first = (...names: string[]) =>
    names.map((name) => values.get(name)).find((value) => value !== undefined) ?? null
  const used = first('memory.current', 'memory.usage_in_bytes')
  const cached = (kind: string) => first(`memory.stat total_${kind}`, `memory.stat ${kind}`) ?? 0
  const quota = first('cpu.max', 'cpu.cfs_quota_us')
  return {
    memoryLimitBytes: first('memory.max', 'memory.limit_in_bytes'),
    heldBytes: used === null ? null : used - cached('inactive_file') - cached('active_file'),
    oomKills: first('memory.events oom_kill', 'memory.oom_control oom_kill'),
    cpuQuotaMicros: quota === null || quota < 0 ? null : quota,
    throttled: first('cpu.stat nr_throttled'),
  }
}
