import type { Mended } from './registrations.ts'
import type { Trouble } from './trouble.ts'

/** What happened, as the application saw it. */
export type Happened =
  | { readonly type: 'server-up'; readonly server: string }
  | { readonly type: 'server-down'; readonly server: string; readonly trouble: Trouble['type'] }
  | { readonly type: 'wired'; readonly shard: string }
  | { readonly type: 'sync'; readonly tookMs: number; readonly result: string; readonly brought: number }
  /** By itself, as replication alone might not have brought everything. */
  | ({ readonly type: 'compared' } & Mended)

export type Entry = Happened & { readonly at: string }

export interface Journal {
  readonly entries: readonly Entry[]
  add(happened: Happened): void
}

const KEPT = 200

/** Keeps the last two hundred, and tells each to the log. */
export function createJournal(now: () => Date, log: (entry: Entry) => void): Journal {
  const entries: Entry[] = []
  return {
    entries,
    add(happened) {
      const entry = { at: now().toISOString(), ...happened }
      entries.push(entry)
      if (entries.length > KEPT) entries.shift()
      log(entry)
    },
  }
}

/** Notes when a server goes away and when it is back; an error as an answer is no absence, a busy application none of the server's. */
export function watchServer(server: string, journal: Journal): (trouble: Trouble | null) => void {
  let isUp: boolean | null = null
  return (trouble) => {
    if (trouble?.type === 'busy') return
    const wasUp = isUp
    isUp = trouble === null || trouble.type === 'failed'
    if (isUp === wasUp) return
    journal.add(
      isUp || trouble === null ? { type: 'server-up', server } : { type: 'server-down', server, trouble: trouble.type },
    )
  }
}
