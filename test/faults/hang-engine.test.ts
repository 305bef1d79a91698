import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { Part } from '../../src/faults/part.ts'
import { continueEngine } from '../../src/faults/process/continue-engine.ts'
import { hangEngine } from '../../src/faults/process/hang-engine.ts'
import { performUndo } from '../../src/faults/undo.ts'
import { done, type FakeWorld, fakeScope, fakeWorld, parts } from './fake-world.ts'
import { hastyClock } from './hasty-clock.ts'

const never = new AbortController().signal
const placed: readonly Part[] = parts.map((part) => ({ ...part, host: `host${/\d$/.exec(part.name)?.[0] ?? 1}` }))
const on = (name: string) => placed.filter(({ host }) => host === name)
const params = hangEngine.schema.parse({})
const silence = Object.assign(new Error('the engine gave no answer for 5 s'), { code: 'timeout' })

/** The engine of host1 answers no call for as long as `hangs` says so. */
function worldThat(hangs: (world: FakeWorld) => boolean): FakeWorld {
  const world: FakeWorld = fakeWorld({ clock: hastyClock(), beside: () => done() })
  const { list, logs } = world.containers.sides
  Object.assign(world.containers.sides, {
    async list(...asked: Parameters<typeof list>) {
      if (hangs(world)) throw silence
      return list(...asked)
    },
    async logs(id: string) {
      if (hangs(world)) throw silence
      return logs(id)
    },
  })
  return Object.assign(world, { parts: placed })
}

async function land(world: FakeWorld) {
  const scope = fakeScope(world)
  try {
    return { scope, landed: await hangEngine.inject(params, on('host1'), scope, never) }
  } finally {
    scope.close()
  }
}

describe('hang-engine', () => {
  it('is in force once the engine answers nothing, and says how to undo it before that', async () => {
    const world = worldThat(({ sides }) => sides.size > 0)
    const { landed } = await land(world)
    expect(world.deeds).toEqual(['undo continue-engine', 'start side chaoslab-0123abcd-host-of-patroni1'])
    expect(landed.proof).toBe('the engine of host1 accepts calls and answers none')
  })

  it('lets the engine go on after a time of its own, whatever becomes of the lab', async () => {
    const world = worldThat(({ sides }) => sides.size > 0)
    await land(world)
    const [side] = world.sides.values()
    expect(side?.options).toMatchObject({ seesProcesses: true, vanishes: true })
    expect(side?.options.command.at(-1)).toBe('20')
  })

  it('is not in force while the engine answers', async () => {
    await expect(land(worldThat(() => false))).rejects.toThrow('the engine of host1 answers all the same')
  })

  it('is refused on one machine, and where it is not clear which process is the engine', async () => {
    expect(await hangEngine.refusal?.(params, parts.slice(0, 1), fakeWorld(), never)).toContain('names no hosts')
    const world = fakeWorld({
      beside: () => ({ code: 1, stdout: '', stderr: '2 processes are called dockerd there\n' }),
    })
    expect(await hangEngine.refusal?.(params, on('host1'), world, never)).toBe(
      'host1: 2 processes are called dockerd there',
    )
  })

  it('runs commands that the shell can read', async () => {
    const world = worldThat(({ sides }) => sides.size > 0)
    await land(world)
    const [side] = world.sides.values()
    const { status, stderr } = spawnSync('bash', ['-n', '-c', side?.options.command[2] ?? 'false'])
    expect([status, `${stderr}`]).toEqual([0, ''])
  })
})

describe('an engine that hangs', () => {
  it('is waited for, and what stopped it is taken away', async () => {
    let asked = 0
    const world = worldThat(({ sides }) => sides.size > 0 && ++asked < 5)
    const { scope } = await land(world)
    const [undo] = scope.undos
    expect(undo?.type).toBe(continueEngine.type)
    expect(await performUndo(undo as NonNullable<typeof undo>, world)).toEqual({ ok: true })
    expect(asked).toBeGreaterThanOrEqual(5)
    expect(world.sides.size).toBe(0)
  })

  it('can be let go on by hand where it is', async () => {
    const { scope } = await land(worldThat(({ sides }) => sides.size > 0))
    expect(continueEngine.byHand(continueEngine.schema.parse(scope.undos[0]?.params), fakeWorld())).toBe(
      'pkill -CONT -x dockerd # as root, on host1',
    )
  })
})
