import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { headline } from '../../../src/report/words/headline.ts'
import { chaoslab, type Ended, startChaoslab } from '../chaoslab.ts'
import { isOwnBlindness, summaryOf } from '../play.ts'
import { askEngine, leftOfHosts, setFrozen, simulate, whyNoHosts } from './simulated.ts'

// A cluster on three hosts, reached through ssh as any others are: what a user does, from nothing and back.

const INDEXES = [1, 2, 3]
const MINUTE = 60_000
let why: string | null
let folder: string
let state: NodeJS.ProcessEnv

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'chaoslab-hosts-'))
  state = { CHAOSLAB_STATE: path.join(folder, 'state') }
  why = await whyNoHosts()
  if (why !== null) return
  // Whatever is there goes, with its data.
  const made = simulate('down').then(() => simulate('up'))
  // Two clusters are too much for two cores.
  const [other] = await Promise.all([chaoslab(['down']), made])
  expect(other, said(other)).toMatchObject({ code: 0 })
}, 6 * MINUTE)

afterAll(async () => {
  if (why === null) await simulate('down')
  await rm(folder, { recursive: true })
}, 4 * MINUTE)

const onHosts = (args: readonly string[]): Promise<Ended> => chaoslab(args, state, { lab: 'hosts' })
const run = (file: string) => ['run', file, '--trials', '1', '--no-metrics', '--out', folder]

test(
  'up makes a cluster of them, and doctor says what the loss of one would take along',
  async ({ skip }) => {
    if (why !== null) return skip(why)
    const up = await onHosts(['up', '--yes'])
    expect(up, said(up)).toMatchObject({ code: 0 })
    expect(up.stdout).toMatch(/^healthy: patroni\d leads/m)
    const { stdout } = await onHosts(['doctor'])
    for (const index of INDEXES)
      expect(stdout).toContain(`✓ host       host${index}: Docker at ssh://root@172.30.90.1${index}`)
    expect(stdout).toContain('without the site east etcd has no quorum: etcd1 and etcd2 of 3 would be gone')
    expect(stdout).toMatch(/✓ cluster +healthy/)
    expect(stdout).toMatch(/✓ faults +nothing is left of any/)
  },
  10 * MINUTE,
)

test(
  "the leader's host dies, with clients at a site: a verdict, and what became of every write",
  async ({ skip, annotate }) => {
    if (why !== null) return skip(why)
    const file = await scenario(
      'host-dies',
      `
cluster: { synchronous_mode: true }
traffic: { writes: 30/s, reads: 20/s, endpoints: all, from: [east] }
steps:
  - { hold: 5s }
  - { inject: kill, target: leader-host, as: dead }
  - { wait: { leader: changed }, within: 60s }
  - { wait: { writes: flowing }, within: 60s }
  - { heal: dead }
  - { wait: healthy, within: 120s }
expect:
  lost_writes: 0
  write_outage: "< 60s"
  partial_write_outage: "< 60s"
  split_brain: "< 5s"`,
    )
    const ended = await onHosts(run(file))
    const summary = await summaryOfScenario('host-dies')
    const { verdict, checks, expectations, writes, service, sites } = summary
    await annotate(`${verdict.verdict}: ${service.write.outages.longestMs} ms without writes`)
    const amiss = checks.filter((check) => check.verdict !== 'pass' && !check.isExpected && !isOwnBlindness(check))
    expect(amiss, said(ended)).toEqual([])
    expect(verdict.verdict === 'pass' ? 0 : 2, said(ended)).toBe(ended.code)
    expect(['pass', 'unknown']).toContain(verdict.verdict)
    const judged = Object.fromEntries(expectations.map(({ figure, judgement }) => [figure, judgement]))
    expect(judged).toMatchObject({ lost_writes: 'pass', write_outage: 'pass', partial_write_outage: 'pass' })
    expect(headline(summary)).toMatch(/could not write for \d+/)
    expect(service.write.outages.longestMs).toBeGreaterThan(5_000)
    expect(sites?.map(({ name, whyIncomplete }) => ({ name, whyIncomplete }))).toEqual([
      { name: 'east', whyIncomplete: null },
    ])
    for (const each of [writes, ...(sites ?? []).map((site) => site.writes)]) {
      expect(each?.acknowledged).toBeGreaterThan(100)
      expect(each).toMatchObject({ audited: each?.attempted, acknowledgedPresent: each?.acknowledged, lost: 0 })
    }
  },
  8 * MINUTE,
)

test(
  'the lab is killed with a host cut off: doctor names the cut, and heal takes it back',
  async ({ skip }) => {
    if (why !== null) return skip(why)
    const file = await scenario(
      'cut-off',
      `
traffic: { writes: 20/s, reads: 20/s, endpoints: all }
steps:
  - { inject: cut-host, target: leader-host }
  - { hold: 10m }`,
    )
    await using running = startChaoslab(run(file), state, { lab: 'hosts' })
    await running.printed(/were cut off with their host/)
    running.send('SIGKILL')
    await running.ended()
    const { stdout } = await onHosts(['doctor'])
    expect(stdout).toMatch(/left by a run that was killed: .*cut host\d off from the other hosts/)
    expect(stdout).toMatch(/✗ network +what runs on host\d does not reach what runs on host\d/)
    const healed = await onHosts(['heal'])
    expect(healed, said(healed)).toMatchObject({ code: 0 })
    expect(healed.stderr + healed.stdout).toContain('1 healed, 0 stuck')
    const again = await onHosts(['up', '--yes'])
    expect(again, said(again)).toMatchObject({ code: 0 })
    const after = await onHosts(['doctor'])
    expect(after.stdout).toMatch(/✓ faults +nothing is left of any/)
  },
  8 * MINUTE,
)

test(
  'a host that does not answer is a reading, and no error',
  async ({ skip }) => {
    if (why !== null) return skip(why)
    const well = JSON.parse((await onHosts(['status', '--json'])).stdout)
    const host = `host${/\d/.exec(well.leader) === null ? 1 : (Number(well.leader.slice(-1)) % 3) + 1}`
    await setFrozen(host, true)
    try {
      const { stdout, stderr, code } = await onHosts(['status', '--json'])
      expect(code, stdout + stderr).toBe(1)
      const { healthy, problems } = JSON.parse(stdout)
      expect(healthy).toBe(false)
      expect(problems.join('\n')).toContain(host)
    } finally {
      await setFrozen(host, false)
    }
    const again = await onHosts(['up', '--yes'])
    expect(again, said(again)).toMatchObject({ code: 0 })
  },
  6 * MINUTE,
)

test(
  'down takes all of it back, and nothing is left of the hosts either',
  async ({ skip }) => {
    if (why !== null) return skip(why)
    const down = await onHosts(['down', '--volumes'])
    expect(down, said(down)).toMatchObject({ code: 0 })
    const expectEmpty = async (index: number) => {
      expect(await askEngine(index, 'ps', '-aq')).toBe('')
      expect(await askEngine(index, 'volume', 'ls', '-q')).toBe('')
      expect(await askEngine(index, 'network', 'ls', '--format', '{{.Name}}')).toBe('bridge\nhost\nnone')
      expect(await askEngine(index, 'info', '--format', '{{.Swarm.LocalNodeState}}')).toBe('inactive')
    }
    await Promise.all(INDEXES.map(expectEmpty))
    await simulate('down')
    expect(await leftOfHosts()).toBe('')
  },
  6 * MINUTE,
)

const said = ({ stdout, stderr }: Ended) => stdout + stderr

async function scenario(name: string, text: string): Promise<string> {
  const file = path.join(folder, `${name}.yaml`)
  await writeFile(file, `name: ${name}${text}\n`)
  return file
}

/** Of the only repeat of the scenario. */
async function summaryOfScenario(name: string) {
  const suite = (await readdir(folder)).find((each) => each.endsWith(`-${name}`)) ?? name
  return summaryOf(path.join(folder, suite, `${name}-1`))
}
