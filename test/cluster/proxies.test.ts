import { afterAll, beforeAll, expect, test } from 'vitest'
import { composeProject } from '../../src/cli/compose-project.ts'
import { composeUp, findCompose } from '../../src/docker/compose.ts'
import { lastLine, runCommand } from '../../src/docker/run-command.ts'
import { readLabDefinition } from '../../src/lab/definition.ts'
import type { OperationKind } from '../../src/model/events.ts'
import { outageMs } from '../../src/model/outage.ts'
import { fresh } from '../../src/model/seen.ts'
import type { State } from '../../src/systems/patroni/state.ts'
import { act } from './act.ts'
import { healthyLab, type TestLab } from './healthy-lab.ts'
import { labFile } from './lab-file.ts'

const KINDS = ['write', 'read'] as const

beforeAll(async () => {
  const definition = await readLabDefinition(labFile)
  const tool = await findCompose()
  const profiles = definition.place.missing(definition.place.shape).flatMap(({ profile }) => profile ?? [])
  if (tool === null || profiles.length === 0) throw new Error('no compose tool, or no second proxy')
  await composeUp(tool, composeProject(definition), { profiles })
})

afterAll(async () => {
  const { compose } = await readLabDefinition(labFile)
  const filters = [`project=${compose?.project}`, 'service=haproxy2'].flatMap((label) => [
    '--filter',
    `label=com.docker.compose.${label}`,
  ])
  const { stdout } = await runCommand('docker', ['ps', '--all', '--quiet', ...filters])
  const removed = await runCommand('docker', ['rm', '--force', ...stdout.split('\n').filter((id) => id !== '')])
  if (removed.code !== 0) throw new Error(lastLine(removed))
})

test('clients that know two proxies go on through the second while the first is dead', async () => {
  await using t = await healthyLab(labFile, { endpoints: 'all' })
  expect(t.state().traffic.settings?.endpoints).toBe(2)
  await killedProxy(t, async (killedMs) => {
    await t.traffic(300)
    // A machine that stands still meanwhile is no proxy's doing: then they have to go on for longer.
    const haveGoneOn = (state: State) => {
      const halfMs = (t.lab.clock.nowMs() - killedMs) / 2
      return KINDS.every((kind) => longestGapMs(t, kind) < halfMs && lostMs(state, kind) < halfMs)
    }
    await t.until('they have gone on for longer than they had to wait', haveGoneOn, 30_000)
  })
  expect(t.state().failovers).toEqual([])
  await t.healthy()
  await t.traffic()
})

test('clients that know the first alone have nothing while it is dead, though a second one runs', async () => {
  await using t = await healthyLab(labFile)
  expect(t.state().traffic.settings).not.toHaveProperty('endpoints')
  const deadMs = await killedProxy(t, () =>
    t.until('five ticks without a write', ({ traffic: { ticks } }) =>
      ticks.slice(-5).every((tick) => tick.write.ok === 0),
    ),
  )
  await t.until('the second one runs', ({ proxies }) => fresh(proxies.haproxy2) !== null)
  await t.until('the outages have ended', ({ outages }) => new Set(outages.map(({ kind }) => kind)).size === 2)
  for (const kind of KINDS) expect(lostMs(t.state(), kind)).toBeGreaterThan(deadMs * 0.9)
  await t.healthy()
})

test('a second proxy that is stopped is told of, and makes no difference to clients that know both', async () => {
  await using t = await healthyLab(labFile, { endpoints: 'all' })
  const before = failed(t.state())
  await act(t.lab, 'kill', 'haproxy2')
  await t.until('it is seen as gone', ({ proxies }) => proxies.haproxy2?.unreachableSinceMs != null)
  await t.traffic(200)
  // On a slow disk all of them may have to wait for a while, but none is refused.
  expect(failed(t.state())).toEqual(before)
  await act(t.lab, 'start', 'haproxy2')
  await t.healthy()
})

/** Kills the first proxy, sees what it takes, and starts it again; how long it was dead by the run's own clock. */
async function killedProxy(t: TestLab, meanwhile: (killedMs: number) => Promise<unknown>): Promise<number> {
  expect(await act(t.lab, 'kill', 'haproxy')).toBe('done')
  const killedMs = t.lab.clock.nowMs()
  await t.until('its statistics are gone', ({ proxies }) => proxies.haproxy?.unreachableSinceMs != null)
  await meanwhile(killedMs)
  const deadMs = t.lab.clock.nowMs() - killedMs
  expect(await act(t.lab, 'start', 'haproxy')).toBe('done')
  await t.until('it answers again', ({ proxies }) => fresh(proxies.haproxy) !== null)
  return deadMs
}

/** Between two acknowledgements of the probe. */
function longestGapMs({ events }: TestLab, kind: OperationKind): number {
  const answers = events.flatMap((event) => (event.type === 'probe' && event.kind === kind ? event.answers : []))
  const acks = answers
    .flatMap(({ outcome, answeredMs }) => (outcome === 'ok' ? [answeredMs] : []))
    .sort((a, b) => a - b)
  return acks.reduce((longest, ms, index) => Math.max(longest, ms - (acks[index - 1] ?? ms)), 0)
}

/** What was refused, or found no way. */
function failed({ traffic: { totals } }: State): readonly number[] {
  return [totals.write.failed, totals.read.failed]
}

/** All outages of a kind together, with what the lab slept through of them. */
function lostMs({ outages }: State, kind: OperationKind): number {
  return outages
    .filter((outage) => outage.kind === kind)
    .reduce((sum, outage) => sum + (outageMs(outage) ?? 0) + (outage.unmeasuredMs ?? 0), 0)
}
