import { describe, expect, it } from 'vitest'
import { sayingOf } from '../../src/systems/patroni/explain/log-lines.ts'

/** As Patroni 4.0.7, PostgreSQL 17.11 and HAProxy 3.0.11 wrote them. */
const telling: readonly (readonly [line: string, saying: object])[] = [
  [
    '2026-11-21 11:28:28,039 INFO: Got response from patroni2 http://172.30.77.22:8008/patroni: {"state": "running", "role": "replica"}',
    { says: 'answered', member: 'patroni2' },
  ],
  [
    "2026-11-21 11:28:30,031 WARNING: Request failed to patroni3: GET http://172.30.77.23:8008/patroni (HTTPConnectionPool(host='172.30.77.23', port=8008): Max retries exceeded with url: /patroni (Caused by ConnectTimeoutError(<urllib3.connection.HTTPConnection object at 0x7f>, 'Connection to 172.30.77.23 timed out. (connect timeout=2)')))",
    { says: 'no-answer', member: 'patroni3', isTimeout: true },
  ],
  [
    "2026-11-21 11:28:45,270 WARNING: Request failed to patroni1: GET http://172.30.77.21:8008/patroni (HTTPConnectionPool(host='172.30.77.21', port=8008): Max retries exceeded with url: /patroni (Caused by NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7f>: Failed to establish a new connection: [Errno 111] Connection refused')))",
    { says: 'no-answer', member: 'patroni1', isTimeout: false },
  ],
  ['2026-11-21 11:28:30,182 INFO: promoted self to leader by acquiring session lock', { says: 'took-key' }],
  ['2026-11-21 11:30:50,984 INFO: promoted self to leader because I had the session lock', { says: 'had-key' }],
  ['2026-11-21 11:31:37,829 INFO: Wal position of patroni1 is ahead of my wal position', { says: 'stood-back' }],
  ['2026-11-21 11:28:30,133 INFO: Could not take out TTL lock', { says: 'stood-back' }],
  [
    '2026-11-21 11:31:37,885 INFO: following a different leader because i am not the healthiest node',
    { says: 'stood-back' },
  ],
  [
    '2026-11-21 11:29:40,453 INFO: demoting self because DCS is not accessible and I was a leader',
    { says: 'demoting', why: 'no-etcd' },
  ],
  ['2026-11-21 11:31:05,105 INFO: Demoting self (graceful)', { says: 'demoting', why: 'handover' }],
  ['2026-11-21 11:31:06,324 INFO: Leader key released', { says: 'released-key' }],
  [
    '2026-11-21 11:30:56,083 INFO: starting primary after failure',
    { says: 'crash-recovery', isInSingleUserMode: false },
  ],
  [
    '2026-11-21 18:57:20,169 INFO: doing crash recovery in a single user mode',
    { says: 'crash-recovery', isInSingleUserMode: true },
  ],
  ['2026-11-21 11:28:44.060 UTC [36] LOG:  received fast shutdown request', { says: 'told-to-shut-down' }],
  ['2026-11-21 11:28:44.099 UTC [38] LOG:  shutting down', { says: 'shutting-down' }],
  ['2026-11-21 11:28:44.139 UTC [36] LOG:  database system is shut down', { says: 'shut-down' }],
  [
    '2026-11-21 11:28:30.187 UTC [40] LOG:  redo done at 0/AB9E630 system usage: CPU: user: 0.35 s',
    { says: 'redo-done' },
  ],
  ['2026-11-21 11:30:50.986 UTC [6168] LOG:  redo is not required', { says: 'redo-done' }],
  ['2026-11-21 11:28:30.240 UTC [36] LOG:  database system is ready to accept connections', { says: 'ready' }],
  [
    '[WARNING]  (1) : Server leader/patroni1 is UP, reason: Layer7 check passed, code: 200, check duration: 1ms. 1 active and 0 backup servers online.',
    { says: 'server-up', listener: 'leader', server: 'patroni1' },
  ],
  [
    '[WARNING]  (1) : Server leader/patroni3 is DOWN, reason: Layer4 timeout, check duration: 500ms. 0 active and 0 backup servers left.',
    { says: 'server-down', listener: 'leader', server: 'patroni3' },
  ],
]

const silent = [
  '2026-11-21 11:25:36,197 INFO: no action. I am (patroni1), a secondary, and following a leader (patroni3)',
  '2026-11-21 11:28:28,039 INFO: Lock owner: patroni1; I am patroni2',
  '2026-11-21 11:30:54.944 UTC [6186] FATAL:  terminating connection due to unexpected postmaster exit',
  '2026-11-21 11:29:41.430 UTC [651] FATAL:  the database system is shutting down',
  '2026-11-21 11:10:14.112 UTC [44] LOG:  database system is ready to accept read-only connections',
  '2026-11-21 11:28:30,031 WARNING: Request failed to patroni3: POST http://172.30.77.23:8008/failsafe (timed out)',
  "[ALERT]    (1) : proxy 'leader' has no server available!",
  '',
]

describe('a line of a log', () => {
  it.each(telling)('%s', (line, saying) => {
    expect(sayingOf(line)).toEqual(saying)
  })

  it.each(silent)('says nothing of why: %s', (line) => {
    expect(sayingOf(line)).toBeNull()
  })
})
