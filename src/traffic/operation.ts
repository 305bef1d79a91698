import type { OperationKind, ReplicaReads } from '../model/events.ts'
import type { EndedOperation } from '../model/operation.ts'
import type { Answer, Client, Opened, Row, Session, Statement } from './session.ts'

/** Where sessions lead to: `write` to whoever takes writes, `read` to the replicas. */
export type Route = OperationKind

/** One operation, ready to be performed: one statement on one session, or a function over several. */
export type Operation = SingleStatement | OverSessions<Client>

/** The fast path. */
export interface SingleStatement {
  readonly statement: Statement
  readonly values: readonly string[]
  /** What a write is known by in the database; null for a read, which leaves nothing behind. */
  readonly identity: string | null
  /** Default: that of its kind. */
  readonly route?: Route
}

/** A transaction, or anything that needs several statements or several servers. */
export interface OverSessions<C extends Client = Session> {
  /** A session for each of these, in this order; all are free before it begins. */
  readonly routes: readonly [Route, ...Route[]]
  readonly identity: string | null
  /**
   * Does all of it, and says what became of it as a whole. When the signal aborts its time is over: every session is
   * cut off then, and whatever runs on it ends as unknown. After anything but `ok` the sessions are closed, so that no
   * transaction is left open on one that is used again. Must not reject; if it does, the outcome is unknown.
   */
  run(sessions: readonly C[], signal: AbortSignal): Promise<Answer>
}

/** How a probe ended, and by whom it was answered where that is known. */
export type ProbeAsked = Pick<Answer, 'outcome' | 'code'> & { readonly server?: string }

/** Ways into the system that are the workload's own. */
export interface OwnClients {
  /** Opens a connection for operations of a kind. Never rejects; the signal cuts the attempt short. */
  open(route: Route, signal: AbortSignal): Promise<Opened<Client>>
  /** A short operation that clocks outages, on what it opens itself; its time is over when the signal aborts. Never rejects. */
  probe(kind: OperationKind, n: number, signal: AbortSignal): Promise<ProbeAsked>
  /** How often at most; left out: as often as the lab's definition has it. */
  readonly probeEveryMs?: number
  /**
   * Clients that are served apart, so that some may be out while others are not, by names for people: the n-th probe
   * asks for those at `n % length`. Left out: all are served, or none.
   */
  readonly shares?: readonly string[]
}

/** The same with what the workload needs to know of it. */
export interface OperationRecord extends EndedOperation {
  /** A write's name in the database; null for a read. */
  readonly identity: string | null
  /** What an acknowledged operation returned; the workload can read it. */
  readonly row: Row | null
}

/** What the answer to a write tells of it. */
export type ToldByAnswer = Pick<OperationRecord, 'lsn' | 'digest'>

/** What clients do in one run. `seq` counts the operations of each kind from 1. */
export interface Operations {
  write(seq: number): Operation
  read(seq: number): Operation
  told(row: Row): ToldByAnswer
  /** Told of every operation as it ends. Must not throw. */
  onEnded(record: OperationRecord): void
  /** What the reads of the window up to now showed of the writes; the next window begins empty. */
  take(): ReplicaReads
  /** Numbers of its own for the log, once a second; left out: it has none. */
  measure?(): Readonly<Record<string, number | null>>
  /** Each is one statement, and a transaction of its own, so that several may be under way on a session. */
  readonly areSingle?: boolean
  /** Which routes the operations of each kind take; default: each its own. */
  readonly routes?: Readonly<Record<OperationKind, readonly [Route, ...Route[]]>>
  /** Left out: sessions of PostgreSQL, through the system's entrances. Each operation is a function then. */
  readonly clients?: OwnClients
}
