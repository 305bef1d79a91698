import { describe, expect, it } from 'vitest'
import { FaultError } from '../../src/faults/fault.ts'
import type { StepFailure } from '../../src/model/expected.ts'
import { runSteps } from '../../src/scenario/run-steps.ts'
import { key } from '../model/events.ts'
import { type FakeLab, type FakeLabOptions, fakeLab } from './fake-lab.ts'
import { scenario } from './fixture.ts'

interface Play {
  readonly lab: FakeLab
  readonly stop: AbortController
  /** What became of the steps; undefined while they run. */
  readonly ended: () => StepFailure | null | undefined
  readonly done: Promise<StepFailure | null>
}

/** Begins the steps; time moves by `lab.clock.advance`. */
function play(steps: string, { seed = 'a', ...options }: FakeLabOptions & { readonly seed?: string } = {}): Play {
  const lab = fakeLab(options)
  const stop = new AbortController()
  let ended: StepFailure | null | undefined
  const done = runSteps(lab, scenario('', steps), { seed }, stop.signal)
  done.then(
    (failure) => {
      ended = failure
    },
    () => {},
  )
  return { lab, stop, ended: () => ended, done }
}

/** Without what chance gave. */
function deeds({ deeds }: FakeLab): string[] {
  return deeds.map((deed) => deed.replace(/ \(0\.\d+\)$/, ''))
}

const PAUSE = '  - { inject: pause, target: leader, as: nap }'

describe('steps', () => {
  it('are done one after the other, and the log tells of each', async () => {
    const { lab, ended } = play(`  - hold: 2s\n${PAUSE}\n  - hold: 3s\n  - heal: nap\n  - traffic: { writes: 10/s }`)
    await lab.clock.advance(4_999)
    expect(ended()).toBeUndefined()
    await lab.clock.advance(1)
    expect(ended()).toBeNull()
    expect(deeds(lab)).toEqual(['2 inject pause leader as nap', '5 heal nap', '5 traffic {"writesPerSecond":10}'])
    expect(lab.phases()).toEqual(['1', '2', '3', '4', '5'].flatMap((path) => [`${path} began`, `${path} done`]))
    expect(lab.events.at(-1)).toMatchObject({ type: 'scenario.ended', how: 'done' })
  })

  it('heal by name what has that name, and everything by all', async () => {
    const two = `${PAUSE}\n  - { inject: stop, target: etcd1, as: off }`
    const named = play(`${two}\n  - heal: nap`)
    await named.lab.clock.advance(0)
    expect(deeds(named.lab).slice(2)).toEqual(['0 heal nap'])
    const all = play(`${two}\n  - heal: all`)
    await all.lab.clock.advance(0)
    expect(deeds(all.lab).slice(2)).toEqual(['0 heal off', '0 heal nap'])
  })

  it('leave in force what nobody heals', async () => {
    const { lab, ended } = play(PAUSE)
    await lab.clock.advance(0)
    expect(ended()).toBeNull()
    expect(lab.faults?.active()).toHaveLength(1)
  })
})

describe('a fault that another process has healed', () => {
  it('ends the steps at once: nothing is known of the cluster under it', async () => {
    const { lab, ended } = play(`${PAUSE}\n  - wait: { leader: changed }\n    within: 60s\n  - heal: nap`)
    await lab.clock.advance(3_000)
    const by = { pid: 4711, command: 'chaoslab heal', at: '2026-01-01T00:00:00.000Z' }
    lab.happen({ type: 'fault.healed', id: '1', fault: 'pause', parts: ['patroni1'], by })
    await lab.clock.advance(0)
    expect(ended()).toMatchObject({
      path: '2',
      kind: 'could-not',
      why: 'pause of patroni1 was healed by process 4711 (chaoslab heal), not by this run',
    })
    expect(lab.events.at(-1)).toMatchObject({ type: 'scenario.ended', how: 'failed' })
  })

  it('ends them also where that comes to light with the last step', async () => {
    const { lab, ended } = play(`${PAUSE}\n  - heal: nap`)
    const by = { pid: 4711, command: 'chaoslab heal', at: '2026-01-01T00:00:00.000Z' }
    lab.happen({ type: 'fault.healed', id: '1', fault: 'pause', parts: ['patroni1'], by })
    await lab.clock.advance(0)
    expect(ended()).toMatchObject({ kind: 'could-not' })
  })
})

describe('a fault for a time', () => {
  const steps = '  - { inject: pause, target: leader, as: nap, for: 5s }\n  - hold: 1s'

  it('is healed by the clock, and the scenario waits for that', async () => {
    const { lab, ended } = play(steps)
    await lab.clock.advance(4_999)
    expect([ended(), deeds(lab)]).toEqual([undefined, ['0 inject pause leader as nap']])
    await lab.clock.advance(1)
    expect([ended(), deeds(lab).at(-1)]).toEqual([null, '5 heal nap'])
  })

  it('that cannot be healed fails as what could not be done', async () => {
    const { lab, ended } = play(steps, { stuck: ['nap'] })
    await lab.clock.advance(5_000)
    expect(ended()).toMatchObject({ path: '1', kind: 'could-not', why: expect.stringContaining('by hand: docker') })
  })

  it('is not healed any more once the steps have ended', async () => {
    const { lab, ended } = play(`${steps}\n  - { wait: { leader: changed }, within: 1s }`)
    await lab.clock.advance(2_000)
    expect(ended()).toMatchObject({ kind: 'expectation' })
    expect(lab.clock.sleeping).toBe(0)
    await lab.clock.advance(10_000)
    expect(deeds(lab)).toEqual(['0 inject pause leader as nap'])
  })
})

describe('waiting', () => {
  const WAIT = '  - { wait: { leader: changed }, within: 10s }'

  it('ends in the moment in which it comes true', async () => {
    const { lab, ended } = play(`${PAUSE}\n${WAIT}`)
    lab.happen(key('patroni1', 1))
    await lab.clock.advance(3_000)
    lab.happen(key('patroni2', 2))
    await lab.clock.advance(0)
    expect(ended()).toBeNull()
    expect(lab.clock.sleeping).toBe(0)
  })

  it('in vain after a fault means that the cluster did not do as was expected', async () => {
    const { lab, ended } = play(`${PAUSE}\n${WAIT}`)
    await lab.clock.advance(9_999)
    expect(ended()).toBeUndefined()
    await lab.clock.advance(1)
    expect(ended()).toMatchObject({ path: '2', kind: 'expectation', why: 'not within 10.0 s: nobody leads' })
    expect(lab.phases().at(-1)).toBe('2 failed')
    expect(lab.events.at(-1)).toMatchObject({ type: 'scenario.ended', how: 'failed' })
  })

  it('has what the lab slept of its time, and what the disk did not sync, on top', async () => {
    const { lab, ended } = play(`${PAUSE}\n${WAIT}`)
    await lab.clock.advance(9_000)
    lab.happen({ type: 'lab.asleep', fromMs: 2_000, toMs: 5_000 })
    lab.happen({ type: 'disk.stalled', fromMs: 4_000, toMs: 6_000 })
    await lab.clock.advance(4_999)
    expect(ended()).toBeUndefined()
    await lab.clock.advance(1)
    expect(ended()).toMatchObject({ kind: 'expectation', why: 'not within 10.0 s: nobody leads' })
  })

  it('has seen what came while the lab slept past its time', async () => {
    const { lab, ended } = play(`${PAUSE}\n${WAIT}`)
    await lab.clock.advance(9_000)
    lab.happen({ type: 'lab.asleep', fromMs: 1_000, toMs: 9_000 })
    await lab.clock.advance(1_500)
    lab.happen(key('patroni2', 2))
    await lab.clock.advance(0)
    expect(ended()).toBeNull()
    expect(lab.clock.sleeping).toBe(0)
  })

  it('has what the disk has not synced yet when its time is over on top', async () => {
    const { lab, ended } = play(`${PAUSE}\n${WAIT}`)
    await lab.clock.advance(9_999)
    lab.happen({ type: 'disk.stalled', fromMs: 7_000, toMs: 9_999, isOpen: true })
    await lab.clock.advance(2_000)
    lab.happen({ type: 'disk.stalled', fromMs: 7_000, toMs: 11_999 })
    await lab.clock.advance(2_999)
    expect(ended()).toBeUndefined()
    await lab.clock.advance(1)
    expect(ended()).toMatchObject({ kind: 'expectation', why: expect.stringContaining('not within 10.0 s') })
  })

  it('has a sleep on top that ends with its time, and that nobody has told of yet', async () => {
    const { lab, ended } = play(`${PAUSE}\n${WAIT}`)
    let isTold = false
    Object.assign(lab.clock, {
      asleepMs() {
        if (!isTold && lab.clock.nowMs() >= 10_000) {
          isTold = true
          lab.happen({ type: 'lab.asleep', fromMs: 4_000, toMs: 10_000 })
        }
        return 0
      },
    })
    await lab.clock.advance(15_999)
    expect(ended()).toBeUndefined()
    await lab.clock.advance(1)
    expect(ended()).toMatchObject({ kind: 'expectation' })
  })

  it('says nothing of the cluster where others had the processors, and waits no more than twice as long', async () => {
    const { lab, ended } = play(`${PAUSE}\n${WAIT}`)
    const starved = { service: 'patroni1', waited: 0.5, others: 1.5 }
    for (let fromMs = 0; fromMs < 19_000; fromMs += 1_000) {
      await lab.clock.advance(1_000)
      lab.happen({ type: 'processor.starved', fromMs, toMs: fromMs + 1_000, ...starved })
    }
    expect(ended()).toBeUndefined()
    await lab.clock.advance(1_000)
    expect(ended()).toMatchObject({
      kind: 'could-not',
      why: 'not within 10.0 s, on a machine that kept servers waiting for a processor: nobody leads',
    })
  })

  it('does not go on for as long as the disk does not sync', async () => {
    const { lab, ended } = play(`${PAUSE}\n${WAIT}`)
    for (let toMs = 1_000; toMs < 20_000; toMs += 1_000) {
      await lab.clock.advance(1_000)
      lab.happen({ type: 'disk.stalled', fromMs: 0, toMs, isOpen: true })
    }
    expect(ended()).toBeUndefined()
    await lab.clock.advance(1_000)
    expect(ended()).toMatchObject({
      kind: 'could-not',
      why: 'not within 10.0 s, under a disk that did not sync: nobody leads',
    })
  })

  it('in vain before any fault says nothing of the cluster', async () => {
    const { lab, ended } = play('  - { wait: healthy, within: 10s }')
    await lab.clock.advance(10_000)
    expect(ended()).toMatchObject({ path: '1', kind: 'could-not', why: expect.stringMatching(/not within 10\.0 s: ./) })
  })

  it('compares with who led when the latest fault was injected', async () => {
    const lab = fakeLab()
    lab.happen(key('patroni1', 1))
    const done = runSteps(lab, scenario('', `${PAUSE}\n${WAIT}`), { seed: 'a' }, new AbortController().signal)
    await lab.clock.advance(1_000)
    lab.happen(key(null, 2))
    lab.happen(key('patroni1', 3))
    await lab.clock.advance(1_000)
    lab.happen(key('patroni3', 4))
    await lab.clock.advance(0)
    expect(await done).toBeNull()
  })
})

it.each([['that is refused', new FaultError('patroni1 is under pause already'), 'could-not']])(
  'an injection %s leaves the scenario unknown',
  async (_, error, kind) => {
    const { lab, ended } = play(`  - hold: 1s\n${PAUSE}\n  - hold: 1s`, { refuse: () => error })
    await lab.clock.advance(2_000)
    expect(ended()).toMatchObject({ path: '2', kind, why: 'patroni1 is under pause already' })
  },
)

it('what nobody foresaw is thrown, and the scenario was stopped', async () => {
  const { lab, done } = play(PAUSE, { refuse: () => new Error('a bug') })
  await expect(done).rejects.toThrow('a bug')
  expect(lab.events.at(-1)).toMatchObject({ type: 'scenario.ended', how: 'stopped' })
})

describe('in parallel', () => {
  it('branches run beside each other, and the last one ends them', async () => {
    const { lab, ended } = play(`  - parallel:
      - [{ hold: 1s }, { inject: pause, target: leader, as: nap }]
      - [{ hold: 2s }, { inject: stop, target: etcd1, as: off }]
      - { hold: 3s }`)
    await lab.clock.advance(2_999)
    expect(ended()).toBeUndefined()
    await lab.clock.advance(1)
    expect(ended()).toBeNull()
    expect(deeds(lab)).toEqual(['1 inject pause leader as nap', '2 inject stop etcd1 as off'])
    expect(lab.phases()).toContain('1.2.2 done')
  })

  it('the first that fails ends the others', async () => {
    const { lab, ended } = play(`${PAUSE}
  - parallel:
      - { wait: { leader: changed }, within: 1s }
      - [{ hold: 5s }, { heal: nap }]`)
    await lab.clock.advance(1_000)
    expect(ended()).toMatchObject({ path: '2.1.1', kind: 'expectation' })
    expect(lab.clock.sleeping).toBe(0)
    expect(lab.phases().filter((phase) => phase.endsWith('failed'))).toEqual(['2.1.1 failed', '2 failed'])
  })
})

describe('chance', () => {
  const CHOOSE = `  - choose:
      - { traffic: { writes: 1/s } }
      - { traffic: { writes: 2/s } }
      - { traffic: { writes: 3/s } }`
  const chosen = async (seed: string, steps = CHOOSE) => {
    const { lab } = play(steps, { seed })
    await lab.clock.advance(100_000)
    return lab.deeds
  }

  it('is the same for the same seed, and another for others', async () => {
    expect(await chosen('x')).toEqual(await chosen('x'))
    const seeds = Array.from({ length: 30 }, (_, index) => String(index))
    const all = await Promise.all(seeds.map((seed) => chosen(seed)))
    expect(new Set(all.flat()).size).toBe(3)
  })

  it('of one branch does not depend on how fast another one is', async () => {
    const beside = (ms: number) => `  - parallel:
      - [{ hold: ${ms}ms }, { choose: [{ traffic: { writes: 1/s } }, { traffic: { writes: 2/s } }] }]
      - [{ hold: 50ms }, { choose: [{ traffic: { reads: 1/s } }, { traffic: { reads: 2/s } }] }]`
    const what = (list: readonly string[]) => list.map((deed) => deed.split(' ').slice(1).join(' ')).sort()
    for (const seed of ['a', 'b', 'c', 'd', 'e']) {
      expect(what(await chosen(seed, beside(10)))).toEqual(what(await chosen(seed, beside(90))))
    }
  })

  it('gives each injection its own draw, the same one again for the same seed', async () => {
    const steps = `  - { inject: pause, target: "random(of: nodes)", as: one }
  - { inject: pause, target: "random(of: nodes)", as: two }`
    const [first, again] = [await chosen('x', steps), await chosen('x', steps)]
    expect(first).toEqual(again)
    expect(first[0]?.split('(').at(-1)).not.toBe(first[1]?.split('(').at(-1))
  })
})

describe('every', () => {
  it('begins a round each time, until the time is over', async () => {
    const { lab, ended } = play('  - { every: 10s, for: 30s, steps: [{ traffic: { writes: 5/s } }, { hold: 1s }] }')
    await lab.clock.advance(40_000)
    expect(ended()).toBeNull()
    expect(lab.deeds.map((deed) => deed.split(' ')[0])).toEqual(['0', '10', '20'])
    expect(lab.phases()).toContain('1.3.2 done')
  })

  it('begins none before the one before it has ended', async () => {
    const { lab } = play('  - { every: 10s, for: 40s, steps: [{ traffic: { writes: 5/s } }, { hold: 15s }] }')
    await lab.clock.advance(60_000)
    expect(lab.deeds.map((deed) => deed.split(' ')[0])).toEqual(['0', '15', '30'])
  })

  it('gives the faults of each round a name of their own', async () => {
    const { lab, ended } = play('  - { every: 10s, for: 20s, steps: [{ inject: pause, target: leader, for: 2s }] }')
    await lab.clock.advance(20_000)
    expect(ended()).toBeNull()
    expect(deeds(lab)).toEqual([
      '0 inject pause leader as step-1.1.1',
      '2 heal step-1.1.1',
      '10 inject pause leader as step-1.2.1',
      '12 heal step-1.2.1',
    ])
  })
})

describe('an abort', () => {
  it.each([
    ['holding', '  - hold: 1h'],
    ['waiting', '  - { wait: healthy, within: 1h }'],
    ['repeating', '  - { every: 1h, for: 2h, steps: [{ hold: 1s }] }'],
    ['in parallel', '  - parallel: [{ hold: 1h }, { wait: healthy, within: 1h }]'],
    ['while a fault is to be healed later', '  - { inject: pause, target: leader, for: 1h }'],
  ])('ends the steps at once when %s', async (_, steps) => {
    const { lab, stop, done } = play(steps)
    await lab.clock.advance(2_000)
    const reason = new Error('that is enough')
    stop.abort(reason)
    await expect(done).rejects.toBe(reason)
    await lab.clock.advance(0)
    expect(lab.clock.sleeping).toBe(0)
    expect(lab.phases().filter((phase) => phase.endsWith('failed'))).toEqual([])
    expect(lab.events.at(-1)).toMatchObject({ type: 'scenario.ended', how: 'stopped' })
  })
})
