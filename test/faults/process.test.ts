import { describe, expect, it } from 'vitest'
import { scanProcesses } from '../../src/faults/container/scan-containers.ts'
import type { FaultKind } from '../../src/faults/fault.ts'
import {
  clientBackends,
  findPatroni,
  findPostmaster,
  findWalReceiver,
  walSenders,
} from '../../src/faults/process/find-process.ts'
import { freezePostmaster } from '../../src/faults/process/freeze-postmaster.ts'
import { freezeReplication } from '../../src/faults/process/freeze-replication.ts'
import { killBackend } from '../../src/faults/process/kill-backend.ts'
import { killPostmaster } from '../../src/faults/process/kill-postmaster.ts'
import { type Process, parseProcess } from '../../src/faults/process/processes.ts'
import { performUndo, undoByHand } from '../../src/faults/undo.ts'
import { freezePatroni } from '../../src/systems/patroni/faults/process/freeze-patroni.ts'
import { done, type FakeWorld, fakeScope, fakeWorld, part, whatRemains } from './fake-world.ts'
import { hastyClock } from './hasty-clock.ts'

const signal = new AbortController().signal

type Row = { pid: number; parentPid: number; name: string; commandLine: string; state: string; startTicks: string }
const row = (pid: number, parentPid: number, name: string, commandLine: string): Row => ({
  pid,
  parentPid,
  name,
  commandLine,
  state: 'S',
  startTicks: String(1_000 + pid),
})

/** A node as it is: Patroni as the first process, its worker, and PostgreSQL below. */
function leader(): Row[] {
  return [
    row(1, 0, 'patroni', '/usr/bin/python3 /usr/bin/patroni /etc/patroni/patroni.yml'),
    row(7, 1, 'patroni', '/usr/bin/python3 /usr/bin/patroni /etc/patroni/patroni.yml'),
    row(37, 1, 'postgres', '/usr/lib/postgresql/17/bin/postgres -D /data --config-file=/data/postgresql.conf'),
    row(40, 37, 'postgres', 'postgres: hw3: checkpointer'),
    row(41, 37, 'postgres', 'postgres: hw3: logical replication launcher'),
    row(50, 37, 'postgres', 'postgres: hw3: postgres postgres 127.0.0.1(43194) idle'),
    row(51, 37, 'postgres', 'postgres: hw3: app app 172.30.77.1(50000) INSERT'),
    row(52, 37, 'postgres', 'postgres: hw3: app app 172.30.77.17(50001) idle'),
    row(60, 37, 'postgres', 'postgres: hw3: walsender replicator 172.30.77.13(36722) streaming 0/55519D8'),
    row(61, 37, 'postgres', 'postgres: hw3: walsender replicator 172.30.77.12(36362) streaming 0/55519D8'),
    row(70, 69, 'sh', 'sh -c postgres -D patroni walreceiver'),
  ]
}

function replica(): Row[] {
  return [...leader().slice(0, 4), row(53, 37, 'postgres', 'postgres: hw3: walreceiver streaming 0/5551AB8')]
}

/** Answers the scripts as a shell in the container would; signals do what they do. */
function worldOf(rows: Row[], clock = hastyClock()): FakeWorld & { sent: string[] } {
  const sent: string[] = []
  const world = fakeWorld({
    clock,
    exec(_service, command) {
      const given = command.slice(4)
      const stat = (each: Row) =>
        `${each.pid} (${each.name}) ${each.state} ${each.parentPid} ${Array(17).fill(0).join(' ')} ${each.startTicks} 0`
      if (given.length === 0) return done(rows.map((each) => `${stat(each)}\t${each.commandLine} \n`).join(''))
      const found = rows.find((each) => each.pid === Number(given[0]))
      if (given.length === 1) return done(found ? `${stat(found)}\n` : '')
      if (found?.startTicks !== given[1]) return done()
      sent.push(`${given[2]} ${found?.pid}`)
      world.deeds.push(`signal ${given[2]} ${found?.pid}`)
      if (given[2] === 'KILL') rows.splice(rows.indexOf(found as Row), 1)
      else if (found) found.state = given[2] === 'STOP' ? 'T' : 'S'
      return done('sent\n')
    },
  })
  return Object.assign(world, { sent })
}

async function injectInto(kind: FaultKind, world: FakeWorld, settings: object = {}) {
  const scope = fakeScope(world)
  const landed = await kind
    .inject(kind.schema.parse(settings), [part('patroni1')], scope, signal)
    .catch((error: Error) => error.message)
  return { landed, scope }
}

const all: readonly FaultKind[] = [killPostmaster, killBackend, freezePatroni, freezePostmaster, freezeReplication]

describe.each([
  [freezePatroni, 7],
  [freezePostmaster, 37],
  [freezeReplication, 60],
] as [FaultKind, number][])('%o', (kind, pid) => {
  it('writes the process down before it stops it, and proves the stop by its state', async () => {
    const world = worldOf(leader())
    const { landed, scope } = await injectInto(kind, world)
    scope.close()
    const deeds = world.deeds.filter((deed) => /^(undo|signal)/.test(deed))
    expect(deeds).toEqual(['undo resume-process', `signal STOP ${pid}`])
    expect(landed).toMatchObject({ proof: `process ${pid} on patroni1 is in state T (stopped)` })
  })

  it('is undone, and once more without harm', async () => {
    const rows = leader()
    const world = worldOf(rows)
    const { scope } = await injectInto(kind, world)
    scope.close()
    const [undo] = structuredClone(scope.undos)
    if (undo === undefined) throw new Error('nothing was deferred')
    expect(await whatRemains(undo, world, signal)).toMatch(`process ${pid}) is still stopped`)
    expect(undoByHand(undo, world)).toBe(`docker exec -u root lab_patroni1_1 sh -c 'kill -CONT ${pid}'`)
    expect(await performUndo(undo, world)).toEqual({ ok: true })
    expect(await performUndo(undo, world)).toEqual({ ok: true })
    expect(rows.every((each) => each.state === 'S')).toBe(true)
  })

  it('signals nobody who was given the number later', async () => {
    const rows = leader()
    const world = worldOf(rows)
    const { scope } = await injectInto(kind, world)
    scope.close()
    rows.splice(0, rows.length, { ...row(pid, 1, 'other', 'other'), state: 'T', startTicks: '999999' })
    expect(await performUndo(scope.undos[0] as never, world)).toEqual({ ok: true })
    expect(world.sent).toEqual([`STOP ${pid}`])
  })

  it.each([['exited'], ['gone']])('needs no undo when the container is %s: the process went with it', async (state) => {
    const world = worldOf(leader())
    const { scope } = await injectInto(kind, world)
    scope.close()
    const facts = world.facts.get('patroni1')
    if (state === 'gone') world.facts.delete('patroni1')
    else if (facts) world.facts.set('patroni1', { ...facts, state })
    expect(await performUndo(scope.undos[0] as never, world)).toEqual({ ok: true })
  })

  it('is not called undone while the container is paused', async () => {
    const world = worldOf(leader())
    const { scope } = await injectInto(kind, world)
    scope.close()
    const facts = world.facts.get('patroni1')
    if (facts) world.facts.set('patroni1', { ...facts, state: 'paused' })
    expect(await performUndo(scope.undos[0] as never, world)).toMatchObject({
      ok: false,
      error: 'patroni1 is paused: unpause it first',
    })
  })

  it('has failed when the process does not stop', async () => {
    const rows = leader()
    const world = worldOf(rows)
    const exec = world.containers.exec
    Object.assign(world.containers, {
      exec: async (...given: Parameters<typeof exec>) => {
        const answer = await exec(...given)
        for (const each of rows) each.state = 'S'
        return answer
      },
    })
    const { landed, scope } = await injectInto(kind, world)
    scope.close()
    expect(landed).toMatch(/was not stopped: it is in state S/)
    expect(scope.undos).toHaveLength(1)
  })

  it('is over when the process ends', async () => {
    const rows = leader()
    const world = worldOf(rows)
    const { scope } = await injectInto(kind, world)
    rows.splice(0, rows.length)
    await expect.poll(() => scope.endings[0]).toMatch(/has ended/)
    scope.close()
  })
})

describe.each(all.map((kind) => [kind] as const))('%o', (kind) => {
  it('refuses a container that is paused or does not run', async () => {
    for (const [state, words] of [
      ['paused', 'is paused'],
      ['exited', 'has exited'],
    ] as const) {
      const world = worldOf(leader())
      const facts = world.facts.get('patroni1')
      if (facts) world.facts.set('patroni1', { ...facts, state })
      const refused = await kind.refusal?.(kind.schema.parse({}), [part('patroni1')], world, signal)
      expect(refused).toBe(`the container of patroni1 ${words}, and has to be running`)
      expect(world.deeds).toEqual([])
    }
  })

  it('refuses where there is no such process, or no shell to look for it', async () => {
    const refuse = (world: FakeWorld) => kind.refusal?.(kind.schema.parse({}), [part('patroni1')], world, signal)
    expect(await refuse(worldOf([]))).toMatch(/^there is no .* on patroni1 at this moment$/)
    const shellless = fakeWorld({ exec: () => ({ code: 127, stdout: '', stderr: 'sh: not found' }) })
    expect(await refuse(shellless)).toMatch(/sh: not found/)
    expect(await refuse(worldOf(leader()))).toBeNull()
  })

  it('takes no setting that it does not know, and is aimed at nodes alone', () => {
    expect(kind.schema.safeParse({ sideways: true }).success).toBe(false)
    expect(kind.aims).toEqual(['node'])
  })
})

describe('what is stopped already', () => {
  it('is refused: healing would resume what somebody else has stopped', async () => {
    const rows = leader()
    for (const each of rows) each.state = 'T'
    expect(await freezePatroni.refusal?.({}, [part('patroni1')], worldOf(rows), signal)).toMatch(/stopped already/)
  })
})

describe('freeze-replication', () => {
  it('stops the receiver on a replica', async () => {
    const world = worldOf(replica())
    const { scope } = await injectInto(freezeReplication, world)
    scope.close()
    expect(world.sent).toEqual(['STOP 53'])
  })

  it('stops the sender to the replica that was named', async () => {
    const world = worldOf(leader())
    const { scope } = await injectInto(freezeReplication, world, { to: 'patroni2' })
    scope.close()
    expect(world.sent).toEqual(['STOP 61'])
  })

  it.each(['etcd1', 'patroni9', '$(reboot)'])('refuses %j, which is no node', async (to) => {
    const refused = await freezeReplication.refusal?.({ to }, [part('patroni1')], worldOf(leader()), signal)
    expect(refused).toMatch(/is no node of this lab/)
  })
})

describe('kill-postmaster', () => {
  it('is momentary, and proven by the process being gone', async () => {
    const { landed } = await injectInto(killPostmaster, worldOf(leader()))
    expect(landed).toMatchObject({ proof: 'process 37 on patroni1 is gone' })
  })

  it('has failed when the process is still there', async () => {
    const world = worldOf(leader())
    const exec = world.containers.exec
    Object.assign(world.containers, {
      exec: async (...given: Parameters<typeof exec>) => (given[1].length > 5 ? done('sent') : exec(...given)),
    })
    expect((await injectInto(killPostmaster, world)).landed).toMatch(/is still there/)
  })
})

describe('kill-backend', () => {
  it('takes the session of a client that came through a proxy, rather than one of the lab’s', async () => {
    const world = worldOf(leader())
    await injectInto(killBackend, world)
    expect(world.sent).toEqual(['KILL 52'])
  })

  it('leaves Patroni’s own sessions alone', async () => {
    const rows = leader().filter(({ pid }) => pid !== 51 && pid !== 52)
    expect(await killBackend.refusal?.({}, [part('patroni1')], worldOf(rows), signal)).toMatch(/no client session/)
  })
})

describe('processes', () => {
  const found = (rows: Row[]): readonly Process[] => rows

  it('are told apart', () => {
    const processes = found(leader())
    expect(findPostmaster(processes)?.pid).toBe(37)
    expect(findPatroni(processes)?.pid).toBe(7)
    expect(walSenders(processes).map(({ address }) => address)).toEqual(['172.30.77.13', '172.30.77.12'])
    expect(clientBackends(processes).map(({ process }) => process.pid)).toEqual([50, 51, 52])
    expect(findWalReceiver(processes)).toBeNull()
    expect(findWalReceiver(found(replica()))?.pid).toBe(53)
  })

  it('are found where Patroni is not the first process, and in a shell’s way of calling it', () => {
    const patroni = '/usr/bin/python3.13 -u /usr/local/bin/patroni p.yml'
    expect(findPatroni(found([row(1, 0, 'tini', 'tini -- patroni'), row(6, 1, 'patroni', patroni)]))?.pid).toBe(6)
    const forked = [row(6, 1, 'patroni', patroni), row(9, 6, 'patroni', patroni)]
    expect(findPatroni(found(forked))?.pid).toBe(6)
  })

  it('are no postmaster while they are a fresh fork of one', () => {
    const fork = { ...row(90, 37, 'postgres', leader()[2]?.commandLine ?? '') }
    expect(findPostmaster(found([fork, ...leader()]))?.pid).toBe(37)
  })

  it('are read whatever their name holds', () => {
    const line = `12 (a) b (c d) S 1 ${Array(17).fill(0).join(' ')} 4711 0\tcmd one `
    expect(parseProcess(line)).toEqual({
      pid: 12,
      name: 'a) b (c d',
      state: 'S',
      parentPid: 1,
      startTicks: '4711',
      commandLine: 'cmd one',
    })
    expect(parseProcess('')).toBeNull()
    expect(parseProcess('12 (cut off')).toBeNull()
  })
})

describe('the scan of processes', () => {
  it('finds nothing where nothing is stopped', async () => {
    expect(await scanProcesses(worldOf(leader()), signal)).toEqual([])
  })

  it('tells of each that is, in every part that runs', async () => {
    const rows = leader()
    Object.assign(rows[1] as Row, { state: 'T' })
    const world = worldOf(rows)
    for (const name of ['patroni2', 'patroni3', 'etcd1', 'etcd2', 'etcd3']) world.facts.delete(name)
    const facts = world.facts.get('haproxy')
    if (facts) world.facts.set('haproxy', { ...facts, state: 'paused' })
    const lines = await scanProcesses(world, signal)
    expect(lines[0]).toMatch(
      /^patroni1: process 7 .* is stopped: docker exec -u root lab_patroni1_1 sh -c 'kill -CONT 7'/,
    )
    expect(lines.slice(1)).toEqual(
      lines
        .slice(1)
        .map(() => ({ text: expect.stringMatching(/^(?!haproxy).*cannot be told/), byHand: null, isUntold: true })),
    )
  })
})

describe('an undo from a journal', () => {
  it.each([
    { pid: '1; reboot' },
    { pid: -1 },
    { startTicks: '1 2' },
    { container: 'a; rm -rf /' },
    { service: '$(id)' },
  ])('takes no %j', async (hostile) => {
    const params = { service: 'patroni1', container: 'c', pid: 7, startTicks: '1', what: 'Patroni', ...hostile }
    const world = worldOf(leader())
    expect(await performUndo({ type: 'resume-process', params }, world)).toMatchObject({ ok: false })
    expect(world.deeds).toEqual([])
  })
})
