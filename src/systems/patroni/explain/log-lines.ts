/**
 * What one line of a part's log says, of those that tell why an outage took as long as it did. `member` and `server` are
 * names of nodes.
 */
export type Saying =
  /** Before a race for the key, each other member is asked how far it is, with 2 s to answer (`Ha.fetch_node_status`). */
  | { readonly says: 'answered'; readonly member: string }
  | { readonly says: 'no-answer'; readonly member: string; readonly isTimeout: boolean }
  | { readonly says: 'took-key' }
  | { readonly says: 'had-key' }
  /** The race was lost, or not run: another is ahead, another was first, or a primary answered. */
  | { readonly says: 'stood-back' }
  | { readonly says: 'demoting'; readonly why: 'no-etcd' | 'handover' | 'lost-key' }
  | { readonly says: 'released-key' }
  | { readonly says: 'crash-recovery'; readonly isInSingleUserMode: boolean }
  | { readonly says: 'told-to-shut-down' }
  | { readonly says: 'shutting-down' }
  | { readonly says: 'shut-down' }
  | { readonly says: 'redo-done' }
  | { readonly says: 'ready' }
  | { readonly says: 'server-up' | 'server-down'; readonly listener: string; readonly server: string }

/**
 * Null for a line that tells nothing of it, which is nearly every line. Patroni's texts are those of `ha.py` in 4.0.7,
 * PostgreSQL's of its backend (xlog.c, postmaster.c) in 17, HAProxy's of `srv_lb_propagate` and its callers in 3.0.
 */
export function sayingOf(text: string): Saying | null {
  for (const [pattern, make] of PATTERNS) {
    const found = pattern.exec(text)
    if (found !== null) return make(found[1] ?? '', found[2] ?? '')
  }
  return null
}

type Make = (first: string, second: string) => Saying

const PATTERNS: readonly (readonly [RegExp, Make])[] = [
  [/INFO: Got response from (\S+) http/, (member) => ({ says: 'answered', member })],
  [
    /WARNING: Request failed to (\S+): GET (.*)/,
    (member, why) => ({ says: 'no-answer', member, isTimeout: /Timeout/.test(why) }),
  ],
  [/INFO: (?:promoted self to leader by acquiring|acquired) session lock/, () => ({ says: 'took-key' })],
  [/INFO: promoted self to leader because I had the session lock/, () => ({ says: 'had-key' })],
  [
    /INFO: (?:Wal position of \S+ is ahead of my|My wal position exceeds|Could not take out TTL lock|following a different leader because i am not)|WARNING: Primary \(\S+\) is still alive/,
    () => ({ says: 'stood-back' }),
  ],
  [/INFO: demoting self because DCS is not accessible/, () => ({ says: 'demoting', why: 'no-etcd' })],
  [/INFO: Demoting self \(graceful\)/, () => ({ says: 'demoting', why: 'handover' })],
  [
    /ERROR: failed to update leader lock|INFO: demoting self because I do not have the lock/,
    () => ({ says: 'demoting', why: 'lost-key' }),
  ],
  [/INFO: Leader key released/, () => ({ says: 'released-key' })],
  [/INFO: starting primary after failure/, () => ({ says: 'crash-recovery', isInSingleUserMode: false })],
  [/INFO: doing crash recovery in a single user mode/, () => ({ says: 'crash-recovery', isInSingleUserMode: true })],
  [/LOG: {2}received (?:smart|fast|immediate) shutdown request/, () => ({ says: 'told-to-shut-down' })],
  [/LOG: {2}shutting down$/, () => ({ says: 'shutting-down' })],
  [/LOG: {2}database system is shut down/, () => ({ says: 'shut-down' })],
  [/LOG: {2}redo (?:done at|is not required)/, () => ({ says: 'redo-done' })],
  [/LOG: {2}database system is ready to accept connections/, () => ({ says: 'ready' })],
  [/Server ([^/\s]+)\/(\S+) is UP\b/, (listener, server) => ({ says: 'server-up', listener, server })],
  [/Server ([^/\s]+)\/(\S+) is DOWN\b/, (listener, server) => ({ says: 'server-down', listener, server })],
]
