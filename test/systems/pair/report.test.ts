import { describe, expect, it } from 'vitest'
import { pairTimeline } from '../../../src/systems/pair/report.ts'
import { awaited, statusOf } from '../../../src/systems/pair/status.ts'
import { postgresFails, statusFails, story, whole } from './story.ts'

describe('the time line', () => {
  it('has whom the proxy led to', () => {
    const state = story(whole(100))
    const event = { type: 'pair.status', reading: { ok: true, value: {} }, seq: 9, atMs: 200 } as never
    expect(pairTimeline.at(event, state)).toEqual([
      { kind: 'proxy', label: 'proxy', value: 'my_primary', look: 'held' },
    ])
    expect(pairTimeline.at(event, story(whole(100), statusFails(200)))[0]?.look).toBe('unreachable')
  })
})

describe('the status', () => {
  it('says whom the proxy leads to, and how far the standby is behind', () => {
    const { lines, json } = statusOf(story(whole(100)))
    expect(lines[0]).toBe('proxy: leads to my_primary since 2026-11-21T11:59:00.000Z (epoch 0), naive rule')
    expect(lines.at(-1)).toMatch(/my_standby +standby +1 +0\/384 +streaming +100/)
    expect(json).toMatchObject({ proxy: { rule: 'naive', leadsTo: 'my_primary' }, servers: [{ role: 'primary' }, {}] })
  })

  it('says of what does not answer that it does not', () => {
    const state = story(whole(100), statusFails(200), postgresFails(200, 'my_standby'))
    expect(statusOf(state).lines).toContain('proxy: unreachable (ECONNREFUSED)')
    expect(statusOf(state).lines.at(-1)).toContain('unreachable (ECONNREFUSED)')
    expect(awaited(state)).toHaveLength(3)
  })
})
