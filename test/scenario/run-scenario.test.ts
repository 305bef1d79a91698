import { describe, expect, it } from 'vitest'
import { runTrial, type Staging } from '../../src/scenario/run-scenario.ts'
import { type FakeLab, fakeLab } from './fake-lab.ts'
import { killed, scenario } from './fixture.ts'

function staging(change: Partial<Staging> = {}): Staging & { readonly lab: FakeLab; readonly calls: string[] } {
  const lab = fakeLab()
  const calls: string[] = []
  return {
    lab,
    calls,
    open: async () => ({ lab, folder: '/runs/one' }),
    finish: async () => {
      calls.push('finish')
      return { summary: killed, stuck: [] }
    },
    step: (_title, work) => work(() => {}),
    ...change,
  }
}

describe('a trial', () => {
  it('that cannot begin says why, and never rejects', async () => {
    const closed = staging({ open: () => Promise.reject(new Error('Docker does not answer')) })
    const trial = await runTrial(scenario(), 1, 's', closed, new AbortController().signal)
    expect(trial).toMatchObject({ error: 'Docker does not answer', folder: null, summary: null })
  })

  it('on a cluster that does not get healthy is no trial, and is ended as any other', async () => {
    const on = staging()
    const running = runTrial(scenario(), 2, 's', on, new AbortController().signal)
    await on.lab.clock.advance(180_000)
    expect(await running).toMatchObject({
      number: 2,
      error: expect.stringMatching(/^the cluster was not healthy before the first step: ./),
      failure: null,
      folder: '/runs/one',
    })
    expect(on.calls).toEqual(['finish'])
    expect(on.lab.phases()).toEqual([])
  })

  it('that is interrupted is ended all the same, and says so', async () => {
    const on = staging()
    const stop = new AbortController()
    const running = runTrial(scenario(), 1, 's', on, stop.signal)
    await on.lab.clock.advance(1_000)
    stop.abort()
    expect(await running).toMatchObject({ error: 'interrupted', folder: '/runs/one', summary: killed })
    expect(on.calls).toEqual(['finish'])
    expect(on.lab.clock.sleeping).toBe(0)
  })

  it('whose end goes wrong tells that beside what went wrong before', async () => {
    const on = staging({ finish: () => Promise.reject(new Error('no space left')) })
    const running = runTrial(scenario(), 1, 's', on, new AbortController().signal)
    await on.lab.clock.advance(180_000)
    const { error, summary } = await running
    expect(error).toMatch(
      /not healthy before the first step.*; the run could not be ended as it should: no space left$/,
    )
    expect(summary).toBeNull()
  })
})
