import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Baseline, compareBaseline, readBaseline } from '../../src/faults/baseline.ts'
import { FaultError } from '../../src/faults/fault.ts'
import { generalFaults } from '../../src/faults/general-faults.ts'
import { findJournals } from '../../src/faults/journal.ts'
import { SIDE_LABEL } from '../../src/faults/network/side.ts'
import { readSettings } from '../../src/faults/settings.ts'
import { parseTarget } from '../../src/faults/target.ts'
import type { World } from '../../src/faults/world.ts'
import { journalFolder } from '../../src/lab/journal-folder.ts'
import { findLeftovers } from '../../src/lab/left-behind.ts'
import { seededRng } from '../../src/model/rng.ts'
import { fresh } from '../../src/model/seen.ts'
import { findFaultKind } from '../../src/systems/fault-kinds.ts'
import type { State } from '../../src/systems/patroni/state.ts'
import { patroni } from '../../src/systems/patroni/system.ts'
import { leaderOf } from '../../src/systems/state.ts'
import { healthyLab, type TestLab } from './healthy-lab.ts'
import { eventually } from './prometheus.ts'

// Every fault of the catalogue, one after the other, on one cluster: it lands, it is proven, it leaves nothing.

interface Row {
  readonly fault: string
  readonly target: string
  readonly settings?: readonly string[]
  /** What Docker, Patroni, etcd or PostgreSQL say themselves while it is in force. */
  readonly seen?: (state: State, part: string) => boolean
  /** It is refused with this, whatever the machine. */
  readonly refused?: RegExp
  /** It is refused with this where the machine's kernel cannot do it. */
  readonly refusedWhereUnable?: RegExp
}

const isContainer = (wanted: string) => (state: State, part: string) =>
  state.containers[state.lab?.containerOf[part] ?? '']?.container?.state === wanted
const hasLostLead = (state: State, part: string) => leaderOf(state) !== null && leaderOf(state) !== part
const isPatroniSilent = (state: State, part: string) => state.nodes[part]?.patroni.unreachableSinceMs != null
const isWithoutQuorum = (state: State, part: string) => fresh(state.etcd.members[part])?.hasQuorum !== true
const isOutOfProxy = (state: State, part: string) =>
  fresh(state.proxies[part])?.listeners.some(({ servers }) => servers.some((e) => e.status.startsWith('MAINT'))) ===
  true

const rows: readonly Row[] = [
  { fault: 'stop', target: 'etcd-follower', seen: isContainer('exited') },
  { fault: 'kill', target: 'etcd-follower', seen: isContainer('exited') },
  { fault: 'pause', target: 'random(of: etcd-followers)', seen: isContainer('paused') },
  { fault: 'restart', target: 'etcd-follower', seen: isContainer('running') },
  { fault: 'recreate', target: 'etcd-follower', seen: isContainer('running') },
  { fault: 'memory', target: 'etcd-follower' },
  { fault: 'cpu', target: 'replica', settings: ['cores=0.1'] },
  { fault: 'kill-postmaster', target: 'leader' },
  { fault: 'kill-backend', target: 'leader' },
  {
    fault: 'freeze-patroni',
    target: 'leader',
    seen: (s, part) => hasLostLead(s, part) && s.splitBrain.spans.length > 0,
  },
  // Nobody sees it for a minute: sessions that are open go on, and so does Patroni.
  { fault: 'freeze-postmaster', target: 'replica' },
  { fault: 'freeze-replication', target: 'replica' },
  { fault: 'lock-table', target: 'leader', seen: (s) => s.traffic.ticks.at(-1)?.write.ok === 0 },
  { fault: 'refuse-rows', target: 'leader', seen: (s) => s.traffic.ticks.at(-1)?.write.ok === 0 },
  { fault: 'isolate', target: 'replica', settings: ['from=all'], seen: isPatroniSilent },
  { fault: 'partition', target: 'etcd-follower', seen: isWithoutQuorum },
  { fault: 'cut-host', target: 'replica', refused: /patroni\d is on no host of its own/ },
  { fault: 'slow-link', target: 'replica', refused: /patroni\d is on no host of its own/ },
  { fault: 'hang-engine', target: 'replica', refused: /patroni\d is on no host of its own/ },
  { fault: 'loss', target: 'replica' },
  { fault: 'bandwidth', target: 'replica' },
  { fault: 'delay', target: 'replica', refusedWhereUnable: /netem/ },
  { fault: 'delete-leader-key', target: 'leader' },
  { fault: 'failover', target: 'leader', seen: hasLostLead },
  { fault: 'patch-config', target: 'leader', settings: ['ttl=31'], seen: (s) => fresh(s.config)?.ttlSeconds === 31 },
  { fault: 'pause-patroni', target: 'leader', seen: (s) => fresh(s.cluster)?.isPaused === true },
  { fault: 'reinitialize', target: 'replica' },
  { fault: 'switchover', target: 'leader', seen: hasLostLead },
  { fault: 'proxy-server', target: 'haproxy', settings: ['server=patroni2'], seen: isOutOfProxy },
  { fault: 'fill-disk', target: 'replica', refused: /shares its disk with Docker's own data.*must stay free/ },
  { fault: 'fill-wal', target: 'replica', refused: /shares its disk with Docker's own data.*must stay free/ },
  { fault: 'slow-disk', target: 'replica', refusedWhereUnable: /cannot be slowed down/ },
]

const NETWORK_FAULTS = new Set(['isolate', 'partition', 'loss', 'bandwidth', 'delay'])

let t: TestLab
let world: World
let baseline: Baseline

beforeAll(async () => {
  t = await healthyLab()
  world = t.lab.world as World
  baseline = await readBaseline(world, AbortSignal.timeout(60_000))
})
afterEach(() => t?.lab.faults?.healAll())
afterAll(() => t?.[Symbol.asyncDispose]())

test('every kind of fault that this system can suffer is here', () => {
  const known = [...generalFaults, ...patroni.faults].map(({ type }) => type)
  expect(rows.map(({ fault }) => fault).toSorted()).toEqual(known.toSorted())
})

test('what no part of this lab can suffer is refused, and nothing is left of it', async () => {
  await t.healthy()
  const before = t.events.length
  const containers = containersOf(t.state())
  for (const row of rows.filter(({ refused }) => refused !== undefined)) {
    expect((await injectRow(row)) ?? `${row.fault} was not refused`).toMatch(row.refused as RegExp)
  }
  await expectUntouched(before, containers)
})

test.for(rows.filter(({ refused }) => refused === undefined))('$fault of $target', async (row, { annotate, skip }) => {
  await t.healthy()
  const before = t.events.length
  const containers = containersOf(t.state())
  const refusal = await injectRow(row)
  if (refusal !== null) {
    expect(refusal).toMatch(row.refusedWhereUnable ?? /^it should not be refused$/)
    await expectUntouched(before, containers)
    return skip(refusal)
  }
  const landed = t.events.slice(before).find((event) => event.type === 'fault.landed')
  expect(landed?.proof).toMatch(/\S/)
  await annotate(`${landed?.parts.join(', ')} ${landed?.text}: ${landed?.proof}`)
  const [part = ''] = landed?.parts ?? []
  if (row.seen) await t.until(`${row.fault} is seen by others`, (state) => row.seen?.(state, part) === true)
  expect(await t.lab.faults?.healAll()).toEqual([])
  expect(eventsSince(before)).toEqual(['fault.requested', 'fault.landed', 'fault.healed'])
  await t.healthy()
  // A look into the network of every part takes seconds; only network faults change others than those that they are aimed at.
  const aimedAt = world.parts.filter(({ name }) => landed?.parts.includes(name))
  await Promise.all([expectNothingLeft(NETWORK_FAULTS.has(row.fault) ? world.parts : aimedAt), t.traffic(20)])
})

test('after all of them nothing is left anywhere', () => expectNothingLeft(world.parts))

/** @returns why it was refused; null when it has landed */
async function injectRow({ fault, target, settings = [] }: Row): Promise<string | null> {
  const kind = findFaultKind(fault)
  const aim = parseTarget(target)
  if (kind === null || 'error' in aim) throw new Error(`there is no ${fault} of ${target}`)
  const read = readSettings(kind, settings)
  if (!read.ok) throw new Error(JSON.stringify(read.mistakes))
  try {
    const order = { kind, params: read.params, target: aim }
    await t.lab.faults?.inject(order, seededRng(fault), AbortSignal.timeout(60_000))
    return null
  } catch (error) {
    if (error instanceof FaultError) return error.message
    throw error
  }
}

async function expectUntouched(before: number, containers: ReturnType<typeof containersOf>): Promise<void> {
  expect(eventsSince(before)).toEqual([])
  expect(containersOf(t.state())).toEqual(containers)
  await expectNothingLeft(world.parts)
}

async function expectNothingLeft(parts: World['parts']): Promise<void> {
  const signal = AbortSignal.timeout(60_000)
  expect(t.lab.faults?.active()).toEqual([])
  // A container that the lab has made to ask a node something is gone a moment later.
  await eventually(
    'nothing is left',
    () => findLeftovers(t.lab.definition, { ...world, parts }, signal),
    (left) => left.length === 0,
  )
  const journals = await findJournals(journalFolder(t.lab.definition))
  expect(journals.flatMap(({ outstanding, damaged }) => [...outstanding, ...damaged])).toEqual([])
  expect(await world.containers.sides.list([`${SIDE_LABEL}=${world.mark}`], signal)).toEqual([])
  expect(await compareBaseline(baseline, world, signal)).toEqual([])
}

/** What has been done; that the lab was getting ready is told or not by how long it took. */
function eventsSince(seq: number): string[] {
  return t.events
    .slice(seq)
    .map(({ type }) => type)
    .filter((type) => type.startsWith('fault.') && type !== 'fault.prepared')
}

/** Each as it was started: what is stopped, started again or made anew meanwhile differs. */
function containersOf({ containers }: State): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(containers).map(([service, { container }]) => [
      service,
      [container?.id, container?.state, container?.startedAt],
    ]),
  )
}
