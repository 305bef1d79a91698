import { constants } from 'node:fs'
import { open, unlink } from 'node:fs/promises'
import path from 'node:path'
import { untilNextBeat } from '../log/beat.ts'
import type { Clock } from '../log/clock.ts'
import type { LogAndClock } from '../log/event-log.ts'
import { waitFor } from './docker-stats.ts'

export interface DiskOptions extends LogAndClock {
  /** A folder on the disk that the containers write to. */
  readonly folder: string
}

const EVERY_MS = 250
/** Many times what a sync of one byte takes on a busy disk, and a fraction of the shortest outage that counts. */
const STALL_MS = 250
/** Each write is on the disk when it returns. */
const SYNCED = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_DSYNC

/**
 * Syncs one byte four times a second, and appends a `disk.stalled` when that took so long that a database on the same
 * disk cannot have committed either. Says once when it cannot write. Resolves when `signal` aborts; never rejects.
 */
export async function observeDisk({ log, clock, folder }: DiskOptions, signal: AbortSignal): Promise<void> {
  const file = path.join(folder, '.disk')
  try {
    const handle = await open(file, SYNCED)
    try {
      while (!signal.aborted) {
        await timeSync(() => handle.write('.', 0), { log, clock })
        await waitFor(clock, untilNextBeat(clock, EVERY_MS), signal)
      }
    } finally {
      await handle.close()
      await unlink(file)
    }
  } catch (error) {
    const why = (error as Error).message
    log.append({ type: 'note', level: 'warn', source: 'lab', text: `whether the disk stalls is not seen: ${why}` })
  }
}

/** Tells of a stall while it goes on, too: who gives something time meanwhile has to know of it. */
export async function timeSync(sync: () => Promise<unknown>, { log, clock }: LogAndClock): Promise<void> {
  const [fromMs, sleptMs] = [clock.nowMs(), clock.asleepMs?.() ?? 0]
  const tell = (more: { readonly isOpen?: true }) => {
    const toMs = clock.nowMs()
    // While the lab itself did not run it cannot say when the disk was done: that is no stall that it has seen.
    const unseenMs = (clock.asleepMs?.() ?? 0) - sleptMs
    if (toMs - fromMs - unseenMs >= STALL_MS) log.append({ type: 'disk.stalled', fromMs, toMs, ...more })
  }
  const done = new AbortController()
  const telling = tellOften(() => tell({ isOpen: true }), clock, done.signal)
  try {
    await sync()
  } finally {
    done.abort()
    await telling
  }
  tell({})
}

async function tellOften(tell: () => void, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await waitFor(clock, EVERY_MS, signal)
    if (!signal.aborted) tell()
  }
}
