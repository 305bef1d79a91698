import { describe, expect, test } from 'vitest'
import { parseCluster, parseConfig, parseNode } from '../../src/systems/patroni/observe/patroni-answers.ts'

// Bodies as Patroni 4.0.7 sends them.
const primary = `{"state": "running", "postmaster_start_time": "2026-11-20 07:37:08.590629+00:00", "role": "primary",
  "server_version": 170011, "xlog": {"location": 67443648}, "timeline": 1, "replication": [
  {"usename": "replicator", "application_name": "patroni1", "client_addr": "172.30.77.21", "state": "streaming",
   "sync_state": "async", "sync_priority": 0}],
  "dcs_last_seen": 1795160752, "database_system_identifier": "7710154469389340694",
  "patroni": {"version": "4.0.7", "scope": "hw3", "name": "patroni3"}}`
const replica = `{"state": "running", "postmaster_start_time": "2026-11-20 07:37:13.242302+00:00", "role": "replica",
  "server_version": 170011, "xlog": {"received_location": 67443700, "replayed_location": 67443648,
  "replayed_timestamp": "2026-11-20 07:38:38.693298+00:00", "paused": false}, "timeline": 1,
  "replication_state": "streaming", "dcs_last_seen": 1795160753, "pending_restart": true, "pause": true,
  "pending_restart_reason": {"max_connections": {"old_value": "100", "new_value": "200"}},
  "database_system_identifier": "7710154469389340694",
  "patroni": {"version": "4.0.7", "scope": "hw3", "name": "patroni1"}}`
const replicaThatKnowsNoTimeline = `{"state": "running", "role": "replica", "server_version": 170011,
  "xlog": {"received_location": null, "replayed_location": 0, "replayed_timestamp": null, "paused": false},
  "timeline": null, "cluster_unlocked": true, "failsafe_mode_is_active": true, "dcs_last_seen": 1795160753,
  "patroni": {"version": "4.0.7", "scope": "hw3", "name": "patroni1"}}`
const down = (state: string) => `{"state": "${state}", "role": "replica", "cluster_unlocked": true,
  "dcs_last_seen": 1795160753, "patroni": {"version": "4.0.7", "scope": "hw3", "name": "patroni1"}}`

describe('GET /patroni', () => {
  test('of a primary', () => {
    expect(parseNode(JSON.parse(primary))).toEqual({
      role: 'primary',
      state: 'running',
      timeline: 1,
      lsn: 67443648,
      receivedLsn: null,
      isPaused: false,
      isPendingRestart: false,
      isFailsafeActive: false,
      version: '4.0.7',
      postgresVersion: '17.11',
      replication: [{ name: 'patroni1', state: 'streaming' }],
    })
  })

  test('of a replica in a paused cluster, with a restart pending', () => {
    expect(parseNode(JSON.parse(replica))).toMatchObject({
      role: 'replica',
      timeline: 1,
      lsn: 67443648,
      receivedLsn: 67443700,
      isPaused: true,
      isPendingRestart: true,
      replication: [],
    })
  })

  test('of a replica without a leader', () => {
    expect(parseNode(JSON.parse(replicaThatKnowsNoTimeline))).toMatchObject({
      timeline: null,
      lsn: 0,
      receivedLsn: null,
      isFailsafeActive: true,
    })
  })

  test.each(['starting', 'stopped', 'creating replica', 'crashed', 'start failed'])('while it is %s', (state) => {
    const node = parseNode(JSON.parse(down(state)))
    expect(node).toMatchObject({ state, role: 'replica', timeline: null, lsn: null, receivedLsn: null })
  })

  test.each([['null'], ['[]'], ['"ok"'], ['{}'], ['{"state": "running"}'], ['{"state": 1, "role": "primary"}']])(
    '%s is no answer',
    (body) => {
      expect(() => parseNode(JSON.parse(body))).toThrow(expect.objectContaining({ code: 'unexpected answer' }))
    },
  )
})

describe('GET /cluster', () => {
  test('lists the members, their lag where they have one', () => {
    const body = `{"members": [
      {"name": "patroni1", "role": "replica", "state": "streaming", "api_url": "http://172.30.77.21:8008/patroni",
       "host": "172.30.77.21", "port": 5432, "timeline": 1, "lag": 16},
      {"name": "patroni2", "role": "replica", "state": "stopped", "api_url": "http://172.30.77.22:8008/patroni",
       "host": "172.30.77.22", "port": 5432, "lag": "unknown"},
      {"name": "patroni3", "role": "leader", "state": "running", "api_url": "http://172.30.77.23:8008/patroni",
       "host": "172.30.77.23", "port": 5432, "timeline": 1}], "scope": "hw3"}`
    const { members, isPaused } = parseCluster(JSON.parse(body))
    expect(isPaused).toBe(false)
    expect(members.map(({ name, role, timeline, lagBytes }) => [name, role, timeline, lagBytes])).toEqual([
      ['patroni1', 'replica', 1, 16],
      ['patroni2', 'replica', null, 'unknown'],
      ['patroni3', 'leader', 1, null],
    ])
  })

  test('has no members before the first bootstrap, and says when it is paused', () => {
    expect(parseCluster({ members: [], scope: 'hw3', pause: true })).toEqual({ members: [], isPaused: true })
  })

  test('takes a member that has not said its address yet', () => {
    const body = { members: [{ name: 'a', role: 'replica', state: 'creating replica', api_url: '', lag: 'unknown' }] }
    expect(parseCluster(body).members[0]).toMatchObject({ host: '', port: 0, state: 'creating replica' })
  })

  test('is no answer without a list of members', () => {
    expect(() => parseCluster({ scope: 'hw3' })).toThrow(expect.objectContaining({ code: 'unexpected answer' }))
  })
})

describe('GET /config', () => {
  test.each([
    [{}, [30, 10, 10, false, false]],
    [{ ttl: 20, loop_wait: 2, retry_timeout: 3 }, [20, 2, 3, false, false]],
    [{ ttl: '25', loop_wait: null }, [25, 10, 10, false, false]],
    [{ synchronous_mode: true, failsafe_mode: true }, [30, 10, 10, true, true]],
    [{ synchronous_mode: 'quorum', failsafe_mode: 'off' }, [30, 10, 10, true, false]],
    [{ synchronous_mode: 'on', failsafe_mode: 'yes' }, [30, 10, 10, true, true]],
    [{ synchronous_mode: false, failsafe_mode: null }, [30, 10, 10, false, false]],
  ])('%j', (body, [ttl, loopWait, retryTimeout, isSynchronous, isFailsafe]) => {
    expect(parseConfig(body)).toEqual({
      ttlSeconds: ttl,
      loopWaitSeconds: loopWait,
      retryTimeoutSeconds: retryTimeout,
      isSynchronous,
      isFailsafe,
      ...(isSynchronous && { synchronousNodes: 1 }),
    })
  })

  test('is no answer when it is no object', () => {
    expect(() => parseConfig('502')).toThrow(expect.objectContaining({ code: 'unexpected answer' }))
  })
})
