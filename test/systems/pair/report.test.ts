import { describe, expect, it } from 'vitest'
import { pairFigures, pairTimeline, tellRun } from '../../../src/systems/pair/report.ts'
import { statusOf } from '../../../src/systems/pair/status.ts'
import type { Given } from '../story.ts'
import { fence, happened, postgres, postgresFails, promoted, status, statusFails, story, whole } from './story.ts'

const figure = (name: string, ...events: readonly Given[]) =>
  pairFigures.find((each) => each.name === name)?.read(story(whole(100), status(10_000), ...events))
const decided = status(10_250, promoted())

describe('the figures of a pair', () => {
  it('count promotions, and of them the false ones', () => {
    const twice = [postgres(10_300, 'my_primary', false), postgres(10_550, 'my_primary', false)]
    expect(figure('promotions')).toBe(0)
    expect(figure('false_promotions')).toBe(0)
    expect(figure('promotions', decided, twice)).toBe(1)
    expect(figure('false_promotions', decided, twice)).toBe(1)
    expect(figure('false_promotions', decided, happened(10_300, 'my_primary', 'die'))).toBe(0)
  })

  it('do not call right what nobody saw', () => {
    expect(figure('false_promotions', decided, postgresFails(10_300, 'my_primary', 'timeout'))).toBeNull()
  })

  it('add up what fenced primaries had taken, and know nothing where one could not be read', () => {
    expect(figure('inserts_past_fork', status(15_250, promoted({}, [fence])))).toBe(3)
    const unread = { ...fence, walBytesPastFork: null, insertsPastFork: null }
    expect(figure('inserts_past_fork', status(15_250, promoted({}, [unread])))).toBeNull()
  })
})

describe('the section of a report', () => {
  it('says what the proxy did and why, and marks what is wrong', () => {
    const [section] = tellRun(
      story(
        whole(100),
        status(10_000),
        decided,
        [10_300, 10_550, 10_800].flatMap((ms) => [
          postgres(ms, 'my_primary', false),
          postgres(ms + 50, 'my_standby', false, 2),
        ]),
        status(15_250, promoted({}, [fence])),
      ),
    )
    expect(section?.lead).toBe('The proxy followed the naive rule, and led to my_standby in the end (epoch 1).')
    expect(section?.rows.filter(({ isWrong }) => isWrong).map(({ name }) => name)).toEqual([
      'false promotions',
      'two primaries',
    ])
    expect(section?.lines).toEqual([
      'At 00:10.1 the lead went from my_primary to my_standby, which was promoted after 200 ms (timeline 2); a session broke (57P01). That was a false promotion: the old primary still took writes.',
      'my_primary was fenced: 4 commits past the fork (500 bytes; inserts: 3 into data_table).',
    ])
  })

  it('is left out where the proxy was never seen', () => {
    expect(tellRun(story(statusFails(100)))).toEqual([])
  })
})

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
  })
})
