import { describe, expect, it } from 'vitest'
import { readRecording } from '../../src/log/recording.ts'
import type { LabEvent } from '../../src/model/events.ts'
import { faultKinds } from '../../src/systems/fault-kinds.ts'
import { readBack } from './read-back.ts'

const read = readBack(readRecording)

describe('a fault that 0.1.0 recorded without its effects', () => {
  const landed = { type: 'fault.landed', id: 'a', parts: ['patroni1'], text: 'was hit', isCutFromEtcd: false }

  it('is given those that its name stood for', async () => {
    const [first] = await read({ ...landed, fault: 'kill-postmaster' })
    expect(first).toMatchObject({ effects: ['may-take-part-away', 'restarts-postgres', 'over-at-once'] })
    expect(first).not.toHaveProperty('isCutFromEtcd')
  })

  it('and those that it was recorded with as flags', async () => {
    const [cut, frozen] = await read(
      { ...landed, fault: 'isolate', isCutFromEtcd: true },
      { ...landed, fault: 'made up', isPatroniFrozen: true },
    )
    expect(cut).toMatchObject({ effects: ['may-take-part-away', 'cuts-part', 'cuts-from-etcd'] })
    expect(frozen).toMatchObject({ effects: ['freezes-patroni'] })
  })

  it('is left alone once it tells its effects itself', async () => {
    const told = { type: 'fault.landed', id: 'a', fault: 'isolate', parts: ['etcd1'], text: 'was cut', effects: [] }
    expect(await read(told)).toEqual([{ seq: 1, atMs: 10, ...told }])
  })

  it('has an entry, whatever it was', async () => {
    const silent = [
      'patch-config',
      'pause-patroni',
      'proxy-server',
      'lock-table',
      'refuse-rows',
      'second-executor',
      'split-marks',
      'add-shard',
      'add-replica',
      'cut-host',
      'slow-link',
      'hang-engine',
    ]
    for (const { type } of faultKinds.filter(({ type }) => !silent.includes(type))) {
      const [event] = await read({ ...landed, fault: type })
      expect(event, type).toMatchObject({ effects: expect.arrayContaining([expect.any(String)]) })
    }
  })
})

describe('what 0.1.0 recorded of the keys', () => {
  const lab = { name: 'hw3', scope: 'demo', nodes: ['patroni1'], etcdMembers: ['etcd1'], listeners: null }
  const started = {
    type: 'run.started',
    startedAt: '2026-11-21T12:32:08.000Z',
    version: '0.1.0',
    lab: { ...lab, containerOf: { patroni1: 'pg-one', etcd1: 'etcd1' } },
  }
  const asked = (verb: string, id = 1, service = 'pg-one') => ({
    type: 'action.requested',
    id,
    verb,
    service,
    command: `docker ${verb} hw3_one`,
  })
  const done = (verb: string, id = 1, service = 'pg-one') => ({ type: 'action.done', id, verb, service })
  const told = (action: string, service = 'pg-one') => ({
    type: 'docker.event',
    service,
    action,
    exitCode: null,
    signal: null,
  })
  /** `fault.requested kill patroni1`, without what is as it was. */
  const facts = async (...bodies: readonly object[]) =>
    (await read(started, ...bodies)).flatMap((event) => {
      if (!event.type.startsWith('fault.')) return []
      const { type, fault, parts } = event as Extract<LabEvent, { type: 'fault.healed' }>
      return [`${type} ${fault} ${parts}`]
    })

  it('is a fault like any other, until the container was started, by whomever', async () => {
    expect(await facts(asked('kill'), done('kill'), told('start'))).toEqual([
      'fault.requested kill patroni1',
      'fault.landed kill patroni1',
      'fault.healed kill patroni1',
    ])
    const [, requested, landed] = await read(started, asked('kill'), done('kill'))
    expect(requested).toMatchObject({ seq: 2, byHand: ['docker kill hw3_one'], text: 'kill patroni1' })
    expect(landed).toMatchObject({ seq: 3, atMs: 30, fromMs: 20, isSeenByDocker: true })
    expect(landed).toMatchObject({ effects: ['takes-part-away', 'over-when-running'] })
  })

  it('is over by the key that started it, where Docker was not heard', async () => {
    const keys = [asked('stop'), done('stop'), asked('start', 2), done('start', 2)]
    expect((await facts(...keys)).at(-1)).toBe('fault.healed stop patroni1')
  })

  it('is over only by what puts it back, and on its own container', async () => {
    expect(await facts(asked('stop'), done('stop'), told('unpause'), told('start', 'etcd1'))).toHaveLength(2)
    const both = [asked('pause'), done('pause'), asked('stop', 2), done('stop', 2), told('start')]
    expect((await facts(...both)).slice(4)).toEqual(['fault.healed pause patroni1', 'fault.healed stop patroni1'])
  })

  it('was over at once when it was a restart', async () => {
    expect(await facts(asked('restart'), told('start'), done('restart'))).toEqual([
      'fault.requested restart patroni1',
      'fault.landed restart patroni1',
      'fault.healed restart patroni1',
    ])
  })

  it('has failed where it had, and a start that failed is told', async () => {
    const failed = { type: 'action.failed', id: 1, service: 'pg-one', error: 'is not running' }
    expect(await facts(asked('kill'), { ...failed, verb: 'kill' })).toEqual([
      'fault.requested kill patroni1',
      'fault.failed kill patroni1',
    ])
    const [, , note] = await read(started, asked('start'), { ...failed, verb: 'start' })
    expect(note).toMatchObject({ type: 'note', source: 'patroni1', text: 'start failed: is not running' })
  })
})
