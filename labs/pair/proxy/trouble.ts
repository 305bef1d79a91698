/** What a session through the proxy says against the server behind it. `code` is an errno or a SQLSTATE. */
export type Trouble =
  | { readonly type: 'refused'; readonly code: string }
  | { readonly type: 'broken'; readonly code: string | null }
  | { readonly type: 'insert-error'; readonly sqlState: string }
  | { readonly type: 'abandoned'; readonly waitingFor: 'session' | 'insert' }

export const TROUBLES = ['refused', 'broken', 'insert-error', 'abandoned'] as const satisfies readonly Trouble['type'][]

/** Why the standby was promoted: the first trouble of a session, or checks that found nobody. */
export type Cause = Trouble | { readonly type: 'silent'; readonly checks: number; readonly forMs: number }

/** In words, for the log. */
export function describeCause(cause: Cause): string {
  switch (cause.type) {
    case 'refused':
      return `the server refused a connection (${cause.code})`
    case 'broken':
      return `the server broke a connection${cause.code ? ` (${cause.code})` : ''}`
    case 'insert-error':
      return `the server answered an INSERT with error ${cause.sqlState}`
    case 'abandoned':
      return cause.waitingFor === 'insert'
        ? 'a client gave up on an INSERT that nobody answered'
        : 'a client gave up on a connection that nobody answered'
    case 'silent':
      return `${cause.checks} checks in ${cause.forMs} ms failed, and the standby does not hear it either`
  }
}
