import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { runCommand } from '../../src/docker/run-command.ts'
import { findJournals } from '../../src/faults/journal.ts'
import type { World } from '../../src/faults/world.ts'
import { journalFolder } from '../../src/lab/journal-folder.ts'
import { findLeftovers } from '../../src/lab/left-behind.ts'
import { fresh } from '../../src/model/seen.ts'
import { leaderOf } from '../../src/systems/state.ts'
import { chaoslab, startChaoslab } from './chaoslab.ts'
import { engineRelay } from './engine-relay.ts'
import { healthyLab, type TestLab } from './healthy-lab.ts'
import { eventually } from './prometheus.ts'

// Whatever happens to the lab while faults of it are in force: nothing of them stays.

const FAMILIES = ['cpu', 'freeze-replication', 'isolate', 'patch-config', 'pause', 'proxy-server']
let scratch: string
let state: NodeJS.ProcessEnv
/** Looks on. */
let t: TestLab

beforeAll(async () => {
  scratch = await mkdtemp(path.join(os.tmpdir(), 'chaoslab-kill-'))
  state = { CHAOSLAB_STATE: path.join(scratch, 'state') }
  t = await healthyLab()
})
beforeEach(() => t.restore())
afterAll(async () => {
  await t?.[Symbol.asyncDispose]()
  await rm(scratch, { recursive: true })
})

test('a process group that is killed with a fault of every family in force: the next start heals them all', async () => {
  const [first = '', second = ''] = replicas()
  // What is momentary leaves nothing; disks are Docker's own here, and those are not filled.
  const file = await scenario(`
  - { inject: patch-config, target: leader, ttl: 31 }
  - { inject: proxy-server, target: haproxy, server: ${first} }
  - { inject: cpu, target: leader, cores: 1 }
  - { inject: pause, target: etcd-follower }
  - { inject: freeze-replication, target: ${first} }
  - { inject: isolate, target: ${second}, from: [all] }
  - hold: 10m`)
  await using run = startChaoslab(['run', file, '--no-metrics', '--out', scratch], state, { isGroup: true })
  const outstanding = async () => {
    const found = await findJournals(journalFolder(t.lab.definition, state))
    return found.flatMap((journal) => journal.outstanding.map(({ fault }) => fault)).sort()
  }
  await eventually('every fault is written down', outstanding, (left) => left.length === FAMILIES.length)
  await t.until(
    'everything is in force',
    (s) =>
      fresh(s.config)?.ttlSeconds === 31 &&
      s.nodes[second]?.patroni.unreachableSinceMs != null &&
      Object.values(s.containers).some(({ container }) => container?.state === 'paused'),
  )
  run.send('SIGKILL')
  await run.ended()
  expect(await outstanding()).toEqual(FAMILIES)

  const next = await chaoslab(['inject', 'pause', 'etcd-follower', '--for', '1s'], state)
  expect(next.stderr).toMatch(/an earlier run left this; healing: /)
  expect(next.stderr).toContain('6 healed, 0 stuck')
  expect(next.code).toBe(0)
  await expectNothingLeft()
})

test('a fault that another process heals leaves the run inconclusive, and it says by whom', async () => {
  const file = await scenario(`
  - { inject: pause, target: etcd-follower, as: nap }
  - hold: 5m
  - heal: nap`)
  await using run = startChaoslab(['run', file, '--no-metrics', '--out', scratch], state)
  await t.until('it is in force', (s) =>
    Object.values(s.containers).some(({ container }) => container?.state === 'paused'),
  )
  expect(await chaoslab(['heal'], state)).toMatchObject({ code: 0 })
  const ended = await run.ended()
  expect(ended.stdout + ended.stderr).toMatch(/pause of etcd\d was healed by process \d+ \(chaoslab .*heal\)/)
  expect(ended.stdout + ended.stderr).toMatch(/[?✗] on trial: /)
  expect([1, 2]).toContain(ended.code)
  await expectNothingLeft()
})

test('a heal that fails because the engine is away is done as soon as it is back', async () => {
  const [replica = ''] = replicas()
  await using relay = await engineRelay()
  const environment = { ...state, DOCKER_HOST: `unix://${relay.path}` }
  await using injecting = startChaoslab(['inject', 'pause', replica], environment)
  await injecting.printed(/Ctrl-C heals it/)
  relay.cut()
  await injecting.printed(/the engine cannot be heard/)
  injecting.send('SIGINT')
  await injecting.printed(/STUCK: pause of/)
  await injecting.printed(/the Docker engine is away; waiting for it/)
  relay.mend()
  const ended = await injecting.ended()
  expect(ended.stderr).toMatch(/✓ the Docker engine is away; waiting for it/)
  expect(ended.code).toBe(0)
  await expectNothingLeft()
})

test('the older Node that handed over to the lab is killed: the lab heals and ends', async (context) => {
  const older = await olderNode()
  if (older === null) return context.skip('there is no Node older than 22 on this machine')
  await using launcher = startChaoslab(['inject', 'pause', 'etcd-follower'], state, { node: older })
  await launcher.printed(/Ctrl-C heals it/)
  launcher.send('SIGKILL')
  // The worker has the same pipes: they close with its end.
  const ended = await launcher.ended()
  expect(ended.stdout).toMatch(/pause of etcd\d healed/)
  await expectNothingLeft()
})

async function scenario(steps: string): Promise<string> {
  const file = path.join(scratch, `${Math.floor(performance.now())}.yaml`)
  await writeFile(file, `name: on trial\ntraffic: { writes: 20/s, reads: 20/s }\nsteps:${steps}\nexpect: {}\n`)
  return file
}

function replicas(): string[] {
  return t.lab.definition.place.servers.map(({ name }) => name).filter((name) => name !== leaderOf(t.state()))
}

/** The cluster is whole, and nothing is left of any fault. */
async function expectNothingLeft(): Promise<void> {
  const { definition, world } = t.lab
  await t.healthy()
  // A container that the lab has made to ask a node something is gone a moment later.
  await eventually(
    'nothing is left',
    () => findLeftovers(definition, world as World, AbortSignal.timeout(60_000)),
    (left) => left.length === 0,
  )
  const journals = await findJournals(journalFolder(definition, state))
  expect(journals.flatMap(({ outstanding }) => outstanding)).toEqual([])
}

async function olderNode(): Promise<string | null> {
  for (const node of ['/usr/bin/node', '/usr/local/bin/node']) {
    const { code, stdout } = await runCommand(node, ['--version']).catch(() => ({ code: 1, stdout: '' }))
    const major = Number(/^v(\d+)/.exec(stdout)?.[1])
    if (code === 0 && major >= 18 && major < 22) return node
  }
  return null
}
