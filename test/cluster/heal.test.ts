import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { findJournals } from '../../src/faults/journal.ts'
import { scanNetwork } from '../../src/faults/network/leftovers.ts'
import type { World } from '../../src/faults/world.ts'
import { journalFolder } from '../../src/lab/journal-folder.ts'
import { leaderOf } from '../../src/systems/state.ts'
import { act } from './act.ts'
import { chaoslab, type Running, startChaoslab } from './chaoslab.ts'
import { healthyLab, type TestLab } from './healthy-lab.ts'
import { docker, eventually } from './prometheus.ts'

// The lab itself is killed, or told to end, while a fault of it is in force.

const isHealthyAgain = expect.objectContaining({ code: 0 })
let state: NodeJS.ProcessEnv
/** Looks on. */
let t: TestLab

beforeAll(async () => {
  state = { CHAOSLAB_STATE: await mkdtemp(path.join(os.tmpdir(), 'chaoslab-state-')) }
  t = await healthyLab()
})
beforeEach(() => t.restore())
afterAll(async () => {
  await t?.[Symbol.asyncDispose]()
  await rm(state.CHAOSLAB_STATE as string, { recursive: true })
})

test('what a killed lab has left in the middle of a partition is named by doctor, and healed', async () => {
  await using injecting = await holding('isolate', 'leader')
  await killed(injecting)

  const ill = await chaoslab(['doctor'], state)
  expect(ill.code).toBe(1)
  expect(ill.stdout).toMatch(/left by a run that was killed: cut patroni\d off from etcd and the other nodes/)
  expect(ill.stdout).toMatch(/in the network of patroni\d: table inet chaoslab_/)

  const healed = await chaoslab(['heal', '--json'], state)
  expect(healed.code).toBe(0)
  expect(JSON.parse(healed.stdout)).toMatchObject({
    healed: [{ fault: 'isolate', undo: { type: 'reconnect' } }],
    stuck: [],
  })
  await expectNothingLeft()
  const well = await chaoslab(['doctor'], state)
  expect(well, well.stdout).toEqual(isHealthyAgain)
})

test('it is healed too where the container that it was aimed at has been killed meanwhile', async () => {
  const replica = aReplica()
  await using injecting = await holding('isolate', replica)
  await killed(injecting)
  await act(t.lab, 'kill', replica)
  await t.until('it is dead', (s) => s.containers[replica]?.container?.state === 'exited')
  expect(await chaoslab(['heal'], state)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('1 healed, 0 stuck'),
  })
  await act(t.lab, 'start', replica)
  await expectNothingLeft(replica)
})

test('a partition outlives a killed lab by its dead-man timer and no longer', async () => {
  const replica = aReplica()
  await using injecting = await holding('isolate', replica, 'deadMan=15s')
  await killed(injecting)
  // At once, and nowhere else: on a busy machine a look at every part takes as long as the timer.
  expect((await changesOf(replica)).length).toBeGreaterThan(0)
  await eventually(
    'the rules are gone by themselves',
    () => changesOf(replica),
    (left) => left.length === 0,
  )
  expect(await chaoslab(['heal'], state)).toMatchObject({ code: 0 })
  await expectNothingLeft(replica)
})

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends a fault that is in force in good order: healed, nothing left',
  async (signal) => {
    const replica = aReplica()
    await using injecting = await holding('isolate', replica)
    injecting.send(signal)
    expect(await injecting.ended()).toMatchObject({ code: 0, stdout: expect.stringContaining('healed') })
    await expectNothingLeft(replica)
  },
)

test('a fault that is interrupted before it is in force is taken back, and the exit code says so', async () => {
  const replica = aReplica()
  // For some seconds it waits for the OOM killer, which has no reason to come.
  await using injecting = startChaoslab(['inject', 'memory', replica, 'mib=1024'], state)
  const { containers } = t.lab.world as World
  const limit = async () => (await containers.facts(replica)).memoryBytes
  const before = await limit()
  await eventually('the limit is set', limit, (bytes) => bytes !== before)
  injecting.send('SIGINT')
  expect(await injecting.ended()).toMatchObject({ code: 130 })
  expect(await limit()).toBe(before)
  await expectNothingLeft(replica)
})

test('a fault that has its time is healed at its end', async () => {
  const ended = await chaoslab(['inject', 'pause', 'etcd-follower', '--for', '1s'], state)
  expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('healed in 1') })
  await expectNothingLeft()
})

test('what cannot be put back is stuck, until it can', async () => {
  await using injecting = await holding('stop', 'haproxy')
  await docker('rm', '-f', t.state().containers.haproxy?.container?.id as string)
  injecting.send('SIGINT')
  const ended = await injecting.ended()
  expect(ended.code).toBe(1)
  expect(ended.stderr).toMatch(/STUCK: stop of haproxy could not be healed: .*\n.*by hand: docker .*start/)
  expect(await chaoslab(['heal'], state)).toMatchObject({ code: 1 })
  await t.restore()
  expect(await chaoslab(['heal'], state)).toMatchObject({ code: 0, stdout: expect.stringContaining('1 healed') })
  await expectNothingLeft()
})

test('what is no part of the lab is refused, and left alone', async () => {
  const before = t.state().containers.prometheus?.container
  const outside = before?.name ?? 'prometheus'
  for (const target of [outside, 'prometheus', 'all(leader, prometheus)']) {
    const ended = await chaoslab(['inject', 'kill', target], state)
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining('is no part of this lab') })
  }
  expect(t.state().containers.prometheus?.container).toMatchObject({
    state: before?.state,
    startedAt: before?.startedAt,
  })
  await t.healthy()
})

/** A command that holds a fault in force. */
async function holding(...order: readonly string[]): Promise<Running> {
  const injecting = startChaoslab(['inject', ...order], state)
  await injecting.printed(/Ctrl-C heals it/)
  return injecting
}

async function killed(running: Running): Promise<void> {
  running.send('SIGKILL')
  await running.ended()
}

function aReplica(): string {
  return t.lab.definition.place.servers.map(({ name }) => name).find((name) => name !== leaderOf(t.state())) as string
}

/** In the network of this part, or of all. */
function changesOf(name?: string) {
  const world = t.lab.world as World
  const parts = world.parts.filter((part) => name === undefined || part.name === name)
  return scanNetwork({ ...world, parts }, AbortSignal.timeout(60_000))
}

/**
 * The cluster is whole, and nothing is left of a fault that was aimed at this part; without one, in the network of every
 * part, which takes seconds.
 */
async function expectNothingLeft(name?: string): Promise<void> {
  // A container that the lab has made to ask a node something is gone a moment later.
  await eventually(
    'nothing is left in the network',
    () => changesOf(name),
    (left) => left.length === 0,
  )
  await t.healthy()
  expect(await findJournals(journalFolder(t.lab.definition, state))).toEqual([])
}
