import type { Clock } from '../log/clock.ts'
import type { Address } from '../model/address.ts'
import type { NodeSnapshot } from '../model/audit.ts'
import { formatDuration } from '../model/units.ts'
import type { NodeReader, ServerPosition } from './node-reader.ts'
import type { AuditOptions } from './options.ts'
import type { Presence } from './presence.ts'

/** What all the reads of one audit have in common. */
export interface ReadScope {
  readonly clock: Clock
  readonly open: (address: Address, signal: AbortSignal) => Promise<NodeReader>
  readonly newPresence: () => Presence
  readonly holder: AuditOptions['holder']
  readonly isHolderFinal: boolean
  readonly catchUpMs: number
  /** Begins each work once those before it have ended. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>
  readonly onProgress: (node: string, phase: ReadPhase, rows: number) => void
}

export type ReadPhase = 'reading' | 'catching up' | 'confirming'

export interface Node {
  readonly name: string
  /** The server's own address, not the proxy's. */
  readonly address: Address
}

export interface LeaderRead {
  readonly isRead: true
  readonly read: NodeSnapshot
  readonly presence: Presence
  /** A replica that has replayed this far holds all that was read. */
  readonly targetLsn: number
  readonly isSynchronous: boolean
}

/** `why` is a sentence; `isLasting`: so it will be if asked again. */
type LeaderReading = LeaderRead | { readonly isRead: false; readonly why: string; readonly isLasting?: boolean }

/**
 * Reads the leader, making sure before and after that it is one: out of recovery, on one timeline, with the leader key.
 * Rejects only when the signal aborts.
 */
export async function readLeader(
  scope: ReadScope,
  { name, address }: Node,
  phase: ReadPhase,
  signal: AbortSignal,
): Promise<LeaderReading> {
  const usurper = await keyHeldByAnother(scope, name)
  if (usurper !== null) return { isRead: false, why: usurper }
  return withReader(scope, address, signal, async (reader): Promise<LeaderReading> => {
    const { presence, before, after, startedMs } = await readRows(scope, reader, name, phase)
    if (before.isInRecovery || after.isInRecovery) return { isRead: false, why: `${name} is in recovery: no leader.` }
    if (before.timeline !== after.timeline) return { isRead: false, why: `The timeline of ${name} changed meanwhile.` }
    const lostKey = await keyHeldByAnother(scope, name)
    if (lostKey !== null) return { isRead: false, why: lostKey }
    const durationMs = scope.clock.nowMs() - startedMs
    return {
      isRead: true,
      read: { node: name, rows: presence.rows, timeline: before.timeline, lsn: before.lsn, startedMs, durationMs },
      presence,
      targetLsn: endOfRecord(before),
      isSynchronous: before.isSynchronous || after.isSynchronous,
    }
  }).catch((error: unknown): LeaderReading => {
    signal.throwIfAborted()
    const code = codeOf(error)
    return {
      isRead: false,
      why: `${name} could not be read (${code}).`,
      isLasting: LASTING.test(code) || isLasting(error),
    }
  })
}

/** Who may not log in, or look for what is not there, is told so again. */
const LASTING = /^(28|3D|42)[0-9A-Z]{3}$/

function isLasting(error: unknown): boolean {
  return (error as { readonly isLasting?: boolean } | null)?.isLasting === true
}

/** Null while it is the leader: else who is, in a sentence. */
export async function keyHeldByAnother({ holder }: ReadScope, name: string): Promise<string | null> {
  if (holder === undefined) return null
  const now = await holder()
  if (now === name) return null
  if (now === undefined) return `Whether ${name} leads now is not known.`
  return `${name} does not hold the leader key: ${now ?? 'nobody'} does.`
}

export type ReplicaReading =
  | { readonly isRead: true; readonly node: string; readonly read: NodeSnapshot; readonly presence: Presence }
  /** `why` is for people, without the node's name. */
  | { readonly isRead: false; readonly node: string; readonly why: string; readonly isPrimary: boolean }

/**
 * Reads a replica as soon as it has replayed all that was read from the leader; tries again until `catchUpMs` are over.
 * Rejects only when the signal aborts.
 */
export async function readReplica(
  scope: ReadScope,
  node: Node,
  leader: LeaderRead,
  signal: AbortSignal,
): Promise<ReplicaReading> {
  const untilMs = scope.clock.nowMs() + scope.catchUpMs
  for (;;) {
    const reading = await tryReplica(scope, node, leader, untilMs, signal)
    if (reading.isRead || scope.clock.nowMs() >= untilMs) return reading
    if (await isFinal(scope, leader, reading.isPrimary)) return reading
    await scope.clock.sleep(RETRY_MS, signal)
  }
}

/** Whether there is no use in waiting until a server follows this leader. */
async function isFinal(scope: ReadScope, leader: LeaderRead, isPrimary: boolean): Promise<boolean> {
  return (scope.isHolderFinal && isPrimary) || (await keyHeldByAnother(scope, leader.read.node)) !== null
}

const RETRY_MS = 500
const CATCH_UP_EVERY_MS = 100

async function tryReplica(
  scope: ReadScope,
  { name, address }: Node,
  leader: LeaderRead,
  untilMs: number,
  signal: AbortSignal,
): Promise<ReplicaReading> {
  const notRead = (why: string, isPrimary = false) => ({ isRead: false, node: name, why, isPrimary }) as const
  return withReader(scope, address, signal, async (reader): Promise<ReplicaReading> => {
    for (;;) {
      const position = await reader.position()
      const why = whyNotYet(position, leader)
      if (why === null) break
      if (await isFinal(scope, leader, !position.isInRecovery)) return notRead(why, !position.isInRecovery)
      if (scope.clock.nowMs() >= untilMs) {
        const waited = formatDuration(scope.catchUpMs)
        return notRead(`after ${waited} ${why}`, !position.isInRecovery)
      }
      scope.onProgress(name, 'catching up', 0)
      await scope.clock.sleep(CATCH_UP_EVERY_MS, signal)
    }
    const { presence, before, after, startedMs } = await scope.inTurn(() => readRows(scope, reader, name, 'reading'))
    if (!before.isInRecovery || !after.isInRecovery) return notRead('it was promoted while it was read', true)
    const durationMs = scope.clock.nowMs() - startedMs
    const read = { node: name, rows: presence.rows, timeline: before.timeline, lsn: before.lsn, startedMs, durationMs }
    return { isRead: true, node: name, read, presence }
  }).catch((error: unknown) => {
    signal.throwIfAborted()
    return notRead(`it could not be read (${codeOf(error)})`)
  })
}

/** Null when the replica holds all that was read from the leader. */
function whyNotYet(position: ServerPosition, leader: LeaderRead): string | null {
  const { timeline } = leader.read
  if (!position.isInRecovery) return 'it is no replica: it is out of recovery'
  // Without a connection to the leader it may be on a fork of its own, as far along as it likes.
  if (!position.isStreaming) return 'it does not stream'
  if (position.timeline !== null && position.timeline !== timeline) {
    return `it is on timeline ${position.timeline}, the leader on ${timeline}`
  }
  const behindBytes = leader.targetLsn - position.lsn
  return behindBytes > 0 ? `it is ${behindBytes} bytes behind` : null
}

async function readRows(scope: ReadScope, reader: NodeReader, name: string, phase: ReadPhase) {
  const startedMs = scope.clock.nowMs()
  const presence = scope.newPresence()
  let told = 0
  scope.onProgress(name, phase, 0)
  const { before, after } = await reader.read((bytes) => {
    presence.take(bytes)
    if (presence.rows - told < TELL_EVERY_ROWS) return
    told = presence.rows
    scope.onProgress(name, phase, told)
  })
  presence.end()
  scope.onProgress(name, phase, presence.rows)
  return { presence, before, after, startedMs }
}

const TELL_EVERY_ROWS = 100_000

async function withReader<T>(
  scope: ReadScope,
  address: Address,
  signal: AbortSignal,
  use: (reader: NodeReader) => Promise<T>,
): Promise<T> {
  const reader = await scope.open(address, signal)
  try {
    return await use(reader)
  } finally {
    reader.close()
  }
}

const PAGE_BYTES = 8_192
const PAGE_HEADER_BYTES = 24
const SEGMENT_HEADER_BYTES = 40

/**
 * The insert position points past the header of a page that nothing was written to yet; what is replayed ends before
 * it, for as long as nothing more is written (PostgreSQL, xlog.c: XLogBytePosToRecPtr and XLogBytePosToEndRecPtr).
 */
function endOfRecord({ lsn, walSegmentBytes }: Pick<ServerPosition, 'lsn' | 'walSegmentBytes'>): number {
  const inPage = lsn % PAGE_BYTES
  const isFirstOfSegment = lsn % walSegmentBytes < PAGE_BYTES
  return inPage === (isFirstOfSegment ? SEGMENT_HEADER_BYTES : PAGE_HEADER_BYTES) ? lsn - inPage : lsn
}

function codeOf(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  return typeof code === 'string' && code !== '' ? code : String(message ?? error)
}
