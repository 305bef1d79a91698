/** What became of an operation that was not acknowledged. */
export interface AnswerVerdict {
  /** `failed`: certainly not done. `unknown`: may or may not have been done. */
  readonly outcome: 'failed' | 'unknown'
  /** SQLSTATE, socket code, or one of the lab's own codes. */
  readonly code: string
}

/** The lab's own codes, for what has neither a SQLSTATE nor a socket code. None of them can be taken for either. */
export const CODES = {
  /** The connection was closed without a word. */
  closed: 'CLOSED',
  /** No answer came before the operation's own deadline. */
  timeout: 'TIMEOUT',
  /** No session could be opened before the deadline: the connection, the login, or its first answer took too long. */
  connectTimeout: 'CONNECT_TIMEOUT',
  /** The driver gave up for a reason of its own: a login method it cannot do, an answer it cannot read. */
  protocol: 'PROTOCOL',
  /** The lab itself broke it off. */
  aborted: 'ABORTED',
  /** It was due while the lab itself was asleep, and was never sent. */
  asleep: 'ASLEEP',
  /** A COMMIT was answered by ROLLBACK. */
  rolledBack: 'ROLLED_BACK',
  /** The server takes no writes, and there was another endpoint to go to. */
  readOnly: 'READ_ONLY',
  /** The probe has as many sessions open as it may, and all of them hang. */
  noSession: 'NO_SESSION',
  /** The workload's own function over several sessions threw, so that nobody knows how far it had come. */
  workload: 'WORKLOAD',
} as const

/** A notice that bears on the outcome of the statement that it came with. */
export interface Warning {
  /**
   * `unguarded`: the transaction is committed, but the wait for its synchronous standby was broken off.
   * `terminating`: the server is about to cut this session, and will not say what became of the statement.
   */
  readonly meaning: 'unguarded' | 'terminating'
  readonly code: string
}

/**
 * Reads a notice; null when it says nothing about the outcome.
 *
 * "canceling wait for synchronous replication" carries the SQLSTATE of any plain warning, so the function that raised
 * it tells them apart; its text and severity may be translated, this never is (PostgreSQL, syncrep.c and postgres.c).
 * Where a proxy left the function out, the plain warning is taken for it: too little is promised rather than too much.
 */
export function readNotice(notice: {
  readonly code?: string | undefined
  readonly routine?: string | undefined
}): Warning | null {
  if (notice.code === '57P01' || notice.code === '57P02') return { meaning: 'terminating', code: notice.code }
  if (notice.code !== PLAIN_WARNING || (notice.routine ?? SYNC_WAIT) !== SYNC_WAIT) return null
  return { meaning: 'unguarded', code: notice.code }
}

/**
 * Classifies the error that ended an autocommitted statement, or a COMMIT. Whatever is not known to be undone is
 * unknown: that is never wrong.
 *
 * @param code what the error carried: a SQLSTATE, a socket code, or one of CODES
 * @param isSent whether any part of the statement may have left this process
 * @param warning the notice that came while it ran
 */
export function classifyError(error: {
  readonly code: string
  readonly isSent: boolean
  readonly warning: Warning | null
}): AnswerVerdict {
  const { isSent, warning } = error
  // A bare close tells less than the warning that announced it.
  const code = error.code === CODES.closed && warning?.meaning === 'terminating' ? warning.code : error.code
  if (!isSent) return { outcome: 'failed', code }
  if (warning !== null) return { outcome: 'unknown', code }
  return { outcome: NOT_DONE.test(code) ? 'failed' : 'unknown', code }
}

/**
 * Classifies a successful answer by its command tag; null when it is an acknowledgement.
 * The workload never asks for a ROLLBACK, so that tag can only be the answer to a COMMIT of a failed transaction.
 */
export function classifyAnswer(commandTag: string): AnswerVerdict | null {
  return commandTag === 'ROLLBACK' ? { outcome: 'failed', code: CODES.rolledBack } : null
}

/**
 * Whether a session can go on after an error. Only errors of the statement itself qualify; after 25006 the session is
 * pinned to a demoted node, and after anything else its state is not known.
 */
export function isReusableAfter(code: string): boolean {
  return OF_THE_STATEMENT.test(code)
}

const PLAIN_WARNING = '01000'
const SYNC_WAIT = 'SyncRepWaitForLSN'

/**
 * SQLSTATEs after which a statement is certainly undone: an ERROR aborts its transaction, and so does a FATAL 57P01 in
 * answer to a running statement. Left out on purpose, and so unknown: connection exceptions (08), 40003 (completion
 * unknown), crash shutdown (57P02), errors of the system and of PostgreSQL itself (58, XX).
 */
const NOT_DONE = /^(?:0A|2[1-8F]|3[4BDF]|40(?!003)|42|44|5[345]|P0|57014|57P01)[0-9A-Z]*$/
const OF_THE_STATEMENT = /^(?:2[23]|40(?!003)|42|5[35]|57014)[0-9A-Z]*$/
