import type { Partly, RegisterOutcome, SyncCause, SyncOutcome } from './registrations.ts'
import type { Trouble } from './trouble.ts'

/** Everything that can be answered instead of what was asked for, by a word that a program can rely on. */
export type ProblemCode =
  | 'not_json'
  | 'not_supported'
  | 'too_large'
  | 'invalid'
  | 'not_found'
  | 'unknown_student'
  | 'unknown_section'
  | 'already_registered'
  | 'request_reused'
  | 'section_full'
  | 'server_unreachable'
  | 'server_busy'
  | 'server_refused'
  | 'server_failed'
  | 'outcome_unknown'
  | 'sync_shard_unreachable'
  | 'sync_shard_refused'
  | 'sync_concurrent'
  | 'sync_duplicate'
  | 'sync_failed'
  | 'internal'

export interface Problem {
  readonly code: ProblemCode
  readonly status: number
  /** The server or the shard that it is about. */
  readonly server?: string
  /** What a server has said, in its own words. */
  readonly detail?: string
  /** The request that registered the student before. */
  readonly by_request?: string
}

function problemOfTrouble(trouble: Trouble): Problem {
  const { server } = trouble
  switch (trouble.type) {
    case 'unreachable':
      return { code: 'server_unreachable', status: 503, server }
    case 'busy':
      return { code: 'server_busy', status: 503, server }
    case 'refused':
      return { code: 'server_refused', status: 502, server, detail: trouble.code }
    case 'failed':
      return { code: 'server_failed', status: 500, server, detail: `${trouble.code}: ${trouble.message}` }
    case 'unanswered':
      return { code: 'outcome_unknown', status: 504, server }
  }
}

/** Null where the student is registered. */
export function problemOfRegistration(outcome: RegisterOutcome): Problem | null {
  switch (outcome.type) {
    case 'registered':
      return null
    case 'unknown-student':
      return { code: 'unknown_student', status: 404 }
    case 'unknown-section':
      return { code: 'unknown_section', status: 404, server: outcome.shard }
    case 'already-registered':
      return { code: 'already_registered', status: 409, server: outcome.shard, by_request: outcome.byRequest }
    case 'request-reused':
      return { code: 'request_reused', status: 409, server: outcome.shard }
    case 'section-full':
      return { code: 'section_full', status: 409, server: outcome.shard }
    case 'trouble':
      return problemOfTrouble(outcome.trouble)
  }
}

export function problemOfCause(cause: SyncCause): Problem {
  switch (cause.type) {
    case 'master':
      return problemOfTrouble(cause.trouble)
    case 'shard-unreachable':
      return { code: 'sync_shard_unreachable', status: 503, server: cause.shard, detail: cause.detail }
    case 'shard-refused':
      return { code: 'sync_shard_refused', status: 502, server: cause.shard, detail: cause.detail }
    case 'concurrent':
      return { code: 'sync_concurrent', status: 409 }
    case 'duplicate':
      return { code: 'sync_duplicate', status: 409 }
    case 'failed':
      return { code: 'sync_failed', status: 500, detail: `${cause.code}: ${cause.message}` }
  }
}

/** Null where all of it was done. */
export function problemOfSync(outcome: SyncOutcome): Problem | null {
  if (outcome.type === 'brought') return null
  const cause = outcome.type === 'failed' ? outcome.cause : outcome.failed[0]?.cause
  return cause === undefined ? null : problemOfCause(cause)
}

/** What could not be read; a server that does not answer has done nothing. */
export function problemOfReading(trouble: Trouble): Problem {
  return problemOfTrouble(trouble.type === 'unanswered' ? { type: 'unreachable', server: trouble.server } : trouble)
}

/** Null where there is something to show, or all were asked: who does not answer takes nothing from the others. */
export function problemOfPartly({ items, troubles }: Partly<unknown>): Problem | null {
  const [first] = troubles
  return first !== undefined && items.length === 0 ? problemOfReading(first) : null
}
