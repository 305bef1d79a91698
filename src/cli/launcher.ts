// What started this process, and whether it is still there. Loads on any Node from 18 on, as `setup.mjs` does.

import { readFileSync } from 'node:fs'

const LOOK_EVERY_MS = 500

/**
 * Aborts when what launched this process has gone without taking it along (SIGKILL): the older Node that handed over to
 * it, by the channel between the two, or npm, by who the parent is. A shell that ends is no launcher: what runs under
 * nohup goes on.
 */
export function launcherGone(): AbortSignal {
  const gone = new AbortController()
  if (process.channel) {
    // It is there for its end alone, and keeps nobody from ending.
    process.channel.unref()
    process.on('disconnect', () => gone.abort())
    if (!process.connected) gone.abort()
  }
  const npm = npmAbove()
  if (npm.length > 0) {
    const look = () => {
      if (npm.every(({ pid, parent }) => parentOf(pid) === parent)) return
      clearInterval(timer)
      gone.abort()
    }
    const timer = setInterval(look, LOOK_EVERY_MS)
    timer.unref()
  }
  return gone.signal
}

interface Link {
  readonly pid: number | 'self'
  readonly parent: number
}

/** The links up to the npm that runs this as a script, through a shell or not; none when it is not one. */
function npmAbove(): readonly Link[] {
  if (process.env.npm_lifecycle_event === undefined) return []
  const own: Link = { pid: 'self', parent: process.ppid }
  if (isNpm(nameOf(process.ppid))) return [own]
  const above = parentOf(process.ppid)
  if (above === null || !isNpm(nameOf(above))) return []
  return [own, { pid: process.ppid, parent: above }]
}

/** npm calls itself by what it does: `npm start`, `npm run chaoslab`, `npm exec chaoslab`. */
function isNpm(name: string | null): boolean {
  return name !== null && /^np[mx]\b/.test(name)
}

function nameOf(pid: number): string | null {
  return read(`/proc/${pid}/comm`)?.trim() ?? null
}

/** Null where it cannot be told: no such process any more, or no /proc. proc(5), field 4, after the name in brackets. */
function parentOf(pid: Link['pid']): number | null {
  if (pid === 'self') return process.ppid
  const stat = read(`/proc/${pid}/stat`)
  if (stat === null) return null
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
