import { describe, expect, test } from 'vitest'
import type { EventBody } from '../../src/model/events.ts'
import { SourceError } from '../../src/observe/poll.ts'
import type { EtcdLeaderKeyChanged } from '../../src/systems/patroni/events.ts'
import { observeEtcd, patroniKey } from '../../src/systems/patroni/observe/etcd.ts'
import type { EtcdConnection, KeyRead, KeyWatch } from '../../src/systems/patroni/observe/etcd-client.ts'
import { fakeClock, recorder } from './fakes.ts'

const never = () => new Promise<never>(() => {})
const status = { id: 'a1', version: '3.5.16', leaderId: 'a1', term: 2, revision: 50, dbSizeBytes: 4096 }

/** One member in the palm of the hand: its answers are set, its watches are open until the test ends them. */
function fakeMember() {
  const watches: (KeyWatch & { end: (error?: Error) => void })[] = []
  const member = {
    key: { value: 'patroni1', revision: 11, leaseId: '7f' } as KeyRead,
    status: async () => status,
    readKey: async () => member.key,
    keys: [] as string[],
    keysBelow: async () => member.keys,
    readLease: async () => ({ grantedTtlSeconds: 20, remainingSeconds: 17 }),
    watchKey: (watch: KeyWatch, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => resolve())
        watches.push({ ...watch, end: (error) => (error === undefined ? resolve() : reject(error)) })
      }),
    isClosed: false,
    close: () => {
      member.isClosed = true
    },
  }
  return { member: member as typeof member & EtcdConnection, watches }
}

function start(...fakes: ReturnType<typeof fakeMember>[]) {
  const clock = fakeClock()
  const log = recorder()
  const stop = new AbortController()
  const members = fakes.map((_, index) => ({ name: `etcd${index + 1}`, client: `${index}` }))
  const connect = (url: string) => fakes[Number(url)]?.member as EtcdConnection
  const done = observeEtcd({ log, clock, prefix: '/service/', scope: 'hw3', members, connect }, stop.signal)
  const of = <T extends EventBody['type']>(type: T) =>
    log.events.filter((event): event is Extract<EventBody, { type: T }> => event.type === type)
  return { clock, log, stop, done, of }
}

const keys = (events: readonly EtcdLeaderKeyChanged[]) =>
  events.map(({ holder, revision, via, seenBy }) => [holder, revision, via, seenBy])

describe('members', () => {
  test('each is read every second, with the quorum', async () => {
    const { clock, stop, done, of } = start(fakeMember())
    await clock.advance(1_500)
    expect(of('etcd.member')).toEqual(
      [1, 2].map(() => ({
        type: 'etcd.member',
        member: 'etcd1',
        reading: { ok: true, value: { ...status, isLeader: true, hasQuorum: true } },
      })),
    )
    stop.abort()
    await done
  })

  test('one that answers for itself but cannot read has no quorum', async () => {
    const fake = fakeMember()
    fake.member.readKey = async () => {
      throw new SourceError('timeout')
    }
    const { clock, stop, of } = start(fake)
    await clock.advance(10)
    expect(of('etcd.member')[0]?.reading).toMatchObject({ ok: true, value: { hasQuorum: false } })
    stop.abort()
  })

  test('one whose read waited for an election is asked again who leads', async () => {
    const fake = fakeMember()
    let asked = 0
    fake.member.status = async () => ({ ...status, leaderId: ++asked === 1 ? (null as unknown as string) : 'b2' })
    const { clock, stop, of } = start(fake)
    await clock.advance(10)
    expect(of('etcd.member')[0]?.reading).toMatchObject({
      ok: true,
      value: { leaderId: 'b2', isLeader: false, hasQuorum: true },
    })
    stop.abort()
  })

  test('one that hangs delays no other', async () => {
    const [hung, alive] = [fakeMember(), fakeMember()]
    hung.member.status = never
    hung.member.readKey = never
    const { clock, stop, done, of } = start(hung, alive)
    await clock.advance(2_600)
    const readings = of('etcd.member').map(({ member, reading }) => [member, reading.ok ? 'ok' : reading.error])
    expect(readings).toEqual([
      ['etcd2', 'ok'],
      ['etcd2', 'ok'],
      ['etcd2', 'ok'],
      ['etcd1', 'timeout'],
    ])
    expect(of('etcd.lease')[0]).toMatchObject({ via: 'etcd2', reading: { ok: true } })
    stop.abort()
    await done
    expect([hung.member.isClosed, alive.member.isClosed]).toEqual([true, true])
  })
})

describe('the lease', () => {
  test('is read through one member, every second', async () => {
    const { clock, stop, of } = start(fakeMember(), fakeMember())
    await clock.advance(1_500)
    const value = { holder: 'patroni1', leaseId: '7f', grantedTtlSeconds: 20, remainingSeconds: 17 }
    expect(of('etcd.lease')).toEqual(
      [1, 2].map(() => ({ type: 'etcd.lease', via: 'etcd1', reading: { ok: true, value } })),
    )
    stop.abort()
  })

  test('is null when there is no key, or when the lease went in between', async () => {
    const [empty, gone] = [fakeMember(), fakeMember()]
    empty.member.key = { value: null, revision: 60, leaseId: null }
    gone.member.readLease = async () => null as unknown as { grantedTtlSeconds: number; remainingSeconds: number }
    for (const fake of [empty, gone]) {
      const { clock, stop, of } = start(fake)
      await clock.advance(10)
      expect(of('etcd.lease')[0]?.reading).toEqual({ ok: true, value: null })
      stop.abort()
    }
  })

  test('a key without one is a failed reading', async () => {
    const fake = fakeMember()
    fake.member.key = { value: 'patroni1', revision: 11, leaseId: null }
    const { clock, stop, of } = start(fake)
    await clock.advance(10)
    expect(of('etcd.lease')[0]?.reading).toEqual({ ok: false, error: 'no lease on the key' })
    stop.abort()
  })
})

describe('the leader key', () => {
  test('is told once a revision, by the first that sees it', async () => {
    const [one, two] = [fakeMember(), fakeMember()]
    const { clock, stop, of } = start(one, two)
    await clock.advance(10)
    two.watches[0]?.onChange(null, 20)
    one.watches[0]?.onChange(null, 20)
    one.watches[0]?.onChange('patroni2', 21)
    two.watches[0]?.onChange('patroni2', 21)
    expect(keys(of('etcd.leader-key'))).toEqual([
      ['patroni1', 11, 'etcd1', 'poll'],
      [null, 20, 'etcd2', 'watch'],
      ['patroni2', 21, 'etcd1', 'watch'],
    ])
    stop.abort()
  })

  test('without a holder the clusters are told that there are, once', async () => {
    const fake = fakeMember()
    const { clock, stop, of } = start(fake)
    await clock.advance(2_000)
    expect(of('etcd.scopes')).toEqual([])
    fake.member.key = { value: null, revision: 30, leaseId: null }
    fake.member.keys = [
      '/service/batman/config',
      '/service/batman/members/a',
      '/service/billing/leader',
      '/service/odd',
    ]
    await clock.advance(5_000)
    expect(of('etcd.scopes')).toEqual([{ type: 'etcd.scopes', prefix: '/service/', scopes: ['batman', 'billing'] }])
    stop.abort()
  })

  test('is seen by the poll when every watch is silent', async () => {
    const fake = fakeMember()
    const { clock, stop, of } = start(fake)
    await clock.advance(10)
    fake.member.key = { value: 'patroni2', revision: 30, leaseId: '80' }
    await clock.advance(1_000)
    expect(keys(of('etcd.leader-key')).at(-1)).toEqual(['patroni2', 30, 'etcd1', 'poll'])
    stop.abort()
  })

  test('a watch that breaks is made again where it stopped, within a second', async () => {
    const fake = fakeMember()
    const { clock, stop, of } = start(fake)
    await clock.advance(10)
    fake.watches[0]?.onStart(50)
    fake.watches[0]?.end(new SourceError('unavailable'))
    await clock.advance(1_000)
    expect(fake.watches[1]?.fromRevision).toBe(51)
    fake.watches[1]?.onStart(70)
    fake.watches[1]?.onChange(null, 60)
    fake.watches[1]?.end()
    await clock.advance(1_000)
    expect(fake.watches[2]?.fromRevision).toBe(61)
    expect(keys(of('etcd.leader-key'))).toContainEqual([null, 60, 'etcd1', 'watch'])
    stop.abort()
  })

  test('a watch of a member that does not answer is made again: its connection may be dead, too', async () => {
    const fake = fakeMember()
    const { clock, stop, of } = start(fake)
    await clock.advance(10)
    fake.watches[0]?.onStart(50)
    fake.member.status = async () => {
      throw new SourceError('timeout')
    }
    await clock.advance(1_600)
    expect(fake.watches[1]?.fromRevision).toBe(51)
    fake.watches[1]?.onChange(null, 60)
    expect(keys(of('etcd.leader-key')).at(-1)).toEqual([null, 60, 'etcd1', 'watch'])
    stop.abort()
  })

  test('is read as soon as a watch is in place again', async () => {
    const fake = fakeMember()
    const { clock, stop, of } = start(fake)
    await clock.advance(510)
    fake.member.key = { value: 'patroni3', revision: 90, leaseId: '81' }
    fake.watches[0]?.onStart(95)
    await clock.advance(0)
    expect(keys(of('etcd.leader-key')).at(-1)).toEqual(['patroni3', 90, 'etcd1', 'poll'])
    stop.abort()
  })

  test('a watch whose revision is no longer kept starts from now', async () => {
    const fake = fakeMember()
    const { clock, stop } = start(fake)
    await clock.advance(10)
    fake.watches[0]?.onStart(50)
    fake.watches[0]?.end(new SourceError('cancelled'))
    await clock.advance(1_000)
    expect(fake.watches[1]?.fromRevision).toBeNull()
    stop.abort()
  })

  test('nothing is told after the end', async () => {
    const fake = fakeMember()
    const { clock, stop, done, log } = start(fake)
    await clock.advance(10)
    const count = log.events.length
    stop.abort()
    fake.watches[0]?.onChange('patroni3', 99)
    await done
    expect(log.events.length).toBe(count)
  })
})

test.each([
  ['/service/', 'hw3', '/service/hw3/leader'],
  ['service', 'hw3', '/service/hw3/leader'],
  ['//a//b/', 'hw3', '/a/b/hw3/leader'],
  ['', 'hw3', '/hw3/leader'],
])('the key under %s of %s', (prefix, scope, key) => {
  expect(patroniKey(prefix, scope, 'leader')).toBe(key)
})
