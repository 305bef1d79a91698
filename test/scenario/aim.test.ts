import { describe, expect, it } from 'vitest'
import { FaultError } from '../../src/faults/fault.ts'
import type { World } from '../../src/faults/world.ts'
import type { LabDefinition } from '../../src/lab/definition.ts'
import { FileError } from '../../src/lab/yaml-file.ts'
import { parseScenario } from '../../src/scenario/read-scenario.ts'
import { runSteps } from '../../src/scenario/run-steps.ts'
import { describeStep } from '../../src/scenario/scenario.ts'
import type { Stage } from '../../src/scenario/stage.ts'
import { leaseAim } from '../../src/systems/patroni/aim-at-lease.ts'
import { patroni } from '../../src/systems/patroni/system.ts'
import type { Aim, Met } from '../../src/systems/scripted.ts'
import { bare } from '../systems/fake-system.ts'
import { fakeLab } from './fake-lab.ts'
import { scenario, stage } from './fixture.ts'

const KILL = (at: string) => `  - { inject: kill, target: leader, at: { ${at} }, as: dead }`

function problems(step: string, on: Stage = stage): readonly string[] {
  try {
    parseScenario('file', `name: a test\nsteps:\n${step}\n`, on)
  } catch (error) {
    if (error instanceof FileError) return error.problems
    throw error
  }
  return []
}

/** A lab whose system has the lease's aim, met as a test wants it. */
function play(meet: Aim['meet']) {
  const lab = fakeLab()
  const system = { ...patroni, aims: [{ ...leaseAim, meet }] }
  const { clock } = lab
  const whole = Object.assign(lab, {
    definition: { instances: [{ name: null, system }] } as unknown as LabDefinition,
    world: { clock } as unknown as World,
  })
  const stop = new AbortController()
  const done = runSteps(whole, scenario('', KILL('lease: renewed, within: 5s')), { seed: 'a' }, stop.signal)
  done.catch(() => {})
  return { lab: whole, stop, done }
}

const metAt = (atMs: number, over: Met['over'] = async () => null): Met => ({ atMs, doubtMs: 10, over })

describe('a step that is aimed at a moment', () => {
  it('injects its fault when that has come, and the log tells how well it is known', async () => {
    const { lab, done } = play(async (_value, { clock }, signal) => {
      await clock.sleep(2_000, signal)
      return metAt(1_990)
    })
    await lab.clock.advance(1_999)
    expect(lab.deeds).toEqual([])
    await lab.clock.advance(1)
    expect(await done).toBeNull()
    expect(lab.deeds[0]).toMatch(/^2 inject kill leader as dead/)
    const told = lab.events.find(({ type }) => type === 'scenario.aimed')
    expect(told).toMatchObject({ path: '1', momentMs: 1_990, doubtMs: 10 })
  })

  it('fails when it does not come in time, and injects nothing', async () => {
    const { lab, done } = play((_value, { clock }, signal) => clock.sleep(60_000, signal).then(() => metAt(0)))
    await lab.clock.advance(5_000)
    expect(await done).toMatchObject({
      kind: 'could-not',
      why: expect.stringMatching(/no moment within 5\.00 s when the/),
    })
    expect(lab.deeds).toEqual([])
  })

  it('fails when it never can come, or when the fault came too late for it', async () => {
    const never = play(async () => {
      throw new FaultError('nobody holds the leader key')
    })
    expect(await never.done).toMatchObject({ kind: 'could-not', why: 'nobody holds the leader key' })
    const late = play(async () => metAt(0, async () => 'renewed once more'))
    expect(await late.done).toMatchObject({ kind: 'could-not', why: 'renewed once more' })
    expect(late.lab.deeds).toHaveLength(1)
  })

  it('lets go of what stood still for it', async () => {
    let releases = 0
    const { lab, done } = play(async () =>
      metAt(0, async () => {
        releases++
        return null
      }),
    )
    expect(await done).toBeNull()
    expect(releases).toBe(1)
    expect(lab.faults?.active()).toHaveLength(1)
  })

  it('stops waiting when the scenario is stopped', async () => {
    let seen: AbortSignal | null = null
    const { lab, stop, done } = play((_value, { clock }, signal) => {
      seen = signal
      return clock.sleep(60_000, signal).then(() => metAt(0))
    })
    await lab.clock.advance(1_000)
    stop.abort(new Error('interrupted'))
    await expect(done).rejects.toThrow('interrupted')
    expect((seen as AbortSignal | null)?.aborted).toBe(true)
  })
})

describe('a moment in a file', () => {
  it('is told in words', () => {
    const [step] = scenario('', KILL('lease: renewed + 50ms')).steps
    expect(step && describeStep(step)).toBe(
      "inject kill into leader as dead at the moment when the leader's lease was renewed 50 ms ago (within 60.0 s)",
    )
  })

  it.each([
    ['lease: sometime', 'file:3: steps.0.at.lease: expected lease: renewed | renewed + 50ms | before-renewal'],
    ['lease: renewed, of: 8', 'steps.0.at.of: unknown key'],
    ['leese: renewed', 'did you mean lease?'],
    ['lease: renewed, within: soon', 'file:3: steps.0.at.within: expected a duration'],
  ])('%s is wrong', (at, why) => {
    expect(problems(KILL(at)).join('\n')).toContain(why)
  })

  it('is refused in a lab whose system knows no such moment', () => {
    const told = problems(KILL('lease: renewed'), { ...stage, systems: [bare] })
    expect(told).toEqual(['file:3: steps.0.at.lease: lease is of patroni, and this is a lab of bare'])
  })

  it('is of the system that the fault is aimed at, where several know such a one', () => {
    const roles = stage.roles.flatMap((role) => ['a', 'b'].map((name) => ({ ...role, name: `${name}.${role.name}` })))
    const two: Stage = { ...stage, roles, instances: ['a', 'b'], systems: [patroni, patroni] }
    const aimed = (target: string) => `  - { inject: kill, target: ${target}, at: { lease: renewed } }`
    expect(problems(aimed('b.leader'), two)).toEqual([])
    expect(problems(aimed('patroni1'), two)[0]).toContain('of which system? aim at a role of one: a.… or b.…')
  })
})
