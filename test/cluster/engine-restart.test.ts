import { Console } from 'node:console'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import xterm from '@xterm/headless'
import { expect, onTestFinished, test } from 'vitest'
import { installEngine, requirePermission } from '../../src/docker/install.ts'
import { runCommand } from '../../src/docker/run-command.ts'
import { findJournals } from '../../src/faults/journal.ts'
import type { World } from '../../src/faults/world.ts'
import { journalFolder } from '../../src/lab/journal-folder.ts'
import { findLeftovers } from '../../src/lab/left-behind.ts'
import { createViewStore } from '../../src/log/view-store.ts'
import { seededRng } from '../../src/model/rng.ts'
import { findFaultKind } from '../../src/systems/fault-kinds.ts'
import { leaderOf, reducer } from '../../src/systems/state.ts'
import { showScreen } from '../../src/tui/screen.tsx'
import { startChaoslab } from './chaoslab.ts'
import { healthyLab, type TestLab } from './healthy-lab.ts'
import { eventually } from './prometheus.ts'

// Ink makes itself a console of its own; the test runner's console has no constructor for that.
console.Console ??= Console

// The engine itself is restarted, which ends every container: the lab sees it go and come back, under the screen and
// under a scenario, each with a fault in force.

test('a restart of the engine: every panel comes back, and of the faults in force nothing stays', async (context) => {
  await using t = await healthyLab()
  const refusal = await whyNotRestartable(t)
  if (refusal !== null) return context.skip(refusal)
  const rows = screenOf(t)
  await eventually('the screen is there', rows, (all) => ALL_RUN.test(all))

  const out = await scratch()
  const state = { CHAOSLAB_STATE: path.join(out, 'state') }
  await using run = startChaoslab(['run', await scenario(out), '--no-metrics', '--out', out], state)
  // Its fault is in force then.
  await run.printed(/2: wait/)
  await pause(
    t,
    t.lab.definition.place.servers.map(({ name }) => name).find((each) => each !== leaderOf(t.state())),
  )

  await stopEngine()
  await t.until('the engine is seen to be away', (s) => s.engine.unreachableSinceMs !== null)
  await run.printed(/4: heal slow[\s\S]*could not be healed/)
  await startEngine()
  await t.until('the engine is heard again', (s) => s.engine.unreachableSinceMs === null)
  // Every container has ended with it; what starts them again is no business of the lab's.
  await using again = await healthyLab()
  await t.healthy()
  expect(await t.lab.faults?.healAll()).toEqual([])
  const isBack = (all: string) =>
    /HEALTHY/.test(all) && ALL_RUN.test(all) && !/unreachable|cannot be heard|nothing heard/i.test(all)
  await eventually('every panel is back', rows, isBack)
  await t.traffic()

  const ended = await run.ended()
  expect(ended.stdout + ended.stderr).toMatch(/on trial: (unknown|fail)/)
  expect([1, 2]).toContain(ended.code)
  await again.healthy()
  await eventually(
    'nothing is left',
    () => findLeftovers(t.lab.definition, t.lab.world as World, AbortSignal.timeout(60_000)),
    (left) => left.length === 0,
  )
  const journals = await findJournals(journalFolder(t.lab.definition, state))
  expect(journals.flatMap(({ outstanding }) => outstanding)).toEqual([])
})

async function scratch(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'chaoslab-engine-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

/** Its fault is to be healed while the engine is away: it ends the containers once it takes no more orders. */
async function scenario(folder: string): Promise<string> {
  const file = path.join(folder, 'restart.yaml')
  const steps = [
    '{ inject: cpu, target: etcd-follower, cores: 0.5, as: slow }',
    'wait: { writes: stopped }',
    // A disk that stands still for a second stops no reads.
    'wait: { reads: stopped }',
    'heal: slow',
  ]
  await writeFile(
    file,
    `name: on trial\ntraffic: { writes: 20/s, reads: 20/s }\nsteps:\n${steps.map((step) => `  - ${step}\n`).join('')}`,
  )
  return file
}

async function pause(t: TestLab, name = ''): Promise<void> {
  const kind = findFaultKind('pause')
  if (kind === null) throw new Error('there is no pause')
  const target = { type: 'name', name } as const
  await t.lab.faults?.inject({ kind, params: {}, target }, seededRng(''), AbortSignal.timeout(60_000))
}

/** The real screen on a terminal emulator; what it shows, as one text. */
function screenOf({ lab }: TestLab): () => Promise<string> {
  const [columns, rows] = [140, 50]
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true })
  const stdout = Object.assign(new PassThrough(), { columns, rows, isTTY: true })
  stdout.on('data', (chunk: Buffer) => terminal.write(chunk))
  const stdin = new PassThrough()
  Object.assign(stdin, { isTTY: true, setRawMode: () => stdin, ref: () => stdin, unref: () => stdin })
  const store = createViewStore(reducer, undefined, lab.live.current())
  lab.log.attach(store)
  const screen = showScreen({
    store,
    clock: lab.clock,
    control: { setTraffic: () => {}, quit: () => {} },
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
  })
  onTestFinished(() => screen.close())
  return async () => {
    await new Promise<void>((resolve) => terminal.write('', resolve))
    const { active } = terminal.buffer
    return Array.from({ length: rows }, (_, row) => active.getLine(row)?.translateToString() ?? '').join('\n')
  }
}

/** With a second proxy there are nine of them. */
const ALL_RUN = /\b(\d+) of \1 running/

const PID_FILE = '/var/run/docker.pid'

/** An engine that others use as well, or that somebody else looks after, is not for a test to restart. */
async function whyNotRestartable(t: TestLab): Promise<string | null> {
  const { DOCKER_HOST, DOCKER_CONTEXT } = process.env
  if (DOCKER_HOST || DOCKER_CONTEXT) return 'the engine is on another machine, or not the usual one'
  if (existsSync('/run/systemd/system')) return 'the engine is a service of this machine: the lab did not start it'
  try {
    requirePermission('starting dockerd', 'the engine cannot be started again from here')
  } catch (error) {
    return (error as Error).message
  }
  const pid = enginePid()
  if (pid === null || readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() !== 'dockerd') {
    return 'the engine was not started as the lab starts it'
  }
  const own = Object.values(t.state().containers).map(({ container }) => container?.name)
  const { stdout } = await runCommand('docker', ['ps', '--format', '{{.Names}}'])
  const others = stdout
    .trim()
    .split('\n')
    .filter((name) => !own.includes(name))
  return others.length > 0 ? 'containers of others run on this engine' : null
}

function enginePid(): number | null {
  if (!existsSync(PID_FILE)) return null
  const pid = Number(readFileSync(PID_FILE, 'utf8'))
  return existsSync(`/proc/${pid}/cmdline`) ? pid : null
}

async function stopEngine(): Promise<void> {
  process.kill(enginePid() as number, 'SIGTERM')
  await eventually(
    'the engine has ended',
    async () => enginePid(),
    (pid) => pid === null,
  )
}

/** As the lab does it. */
async function startEngine(): Promise<void> {
  const answers = async () => (await runCommand('docker', ['version'])).code === 0
  await installEngine({ progress: { say: () => {}, step: (_title, work) => work(() => {}) }, answers })
}
