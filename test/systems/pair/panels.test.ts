import { describe, expect, it } from 'vitest'
import { textOf } from '../../../src/draw/line.ts'
import type { Panel } from '../../../src/draw/panel.ts'
import type { State } from '../../../src/model/state.ts'
import { proxyPanel } from '../../../src/systems/pair/panels/proxy.ts'
import { serversPanel } from '../../../src/systems/pair/panels/servers.ts'
import { at } from '../story.ts'
import { postgres, primaryAt, promoted, settings, status, statusFails, story, whole } from './story.ts'

function draw(panel: Panel, state: State, { width = 70, height = 8, nowMs = state.atMs } = {}) {
  const { summary, lines } = panel.draw({ state, nowMs, width, height, isFocused: false, selected: null, filter: '' })
  return { summary: textOf(summary), lines: lines.map((each) => textOf(each).trimEnd()) }
}

const fence = {
  node: 'my_primary',
  epoch: 1,
  at: at(12_000),
  when: 'running',
  walBytesPastFork: 2_048,
  commitsPastFork: 9,
  insertsPastFork: { events: 7 },
  rejoined: null,
} as const

describe('the panel of both servers', () => {
  it('shows who is what, and how far the standby is behind', () => {
    const { summary, lines } = draw(serversPanel, story(whole(100)))
    expect(summary).toContain('leader my_primary')
    expect(lines[1]).toMatch(/● my_primary +PRIMARY +1 +–/)
    expect(lines[2]).toMatch(/○ my_standby +standby +streaming +1 +100 B/)
  })

  it('shows two primaries, and what a fenced one had taken', () => {
    const state = story(
      whole(100),
      status(10_000),
      status(12_250, promoted({}, [fence])),
      postgres(12_300, 'my_primary', false),
      postgres(12_300, 'my_standby', false, 2),
      primaryAt(12_300, 'my_standby', 3_000),
    )
    const { lines } = draw(serversPanel, state)
    expect(lines[1]).toContain('primary!')
    expect(lines[2]).toContain('PRIMARY')
    expect(lines[3]).toBe(' my_primary had past the fork: 7 rows, 2.0 KiB')
  })
})

describe('the panel of the proxy', () => {
  it('says whom it leads to, since when and why', () => {
    const { summary, lines } = draw(proxyPanel, story(whole(100), status(10_000), status(12_100, promoted())))
    expect(summary).toBe('leads to my_standby · naive rule')
    expect(lines).toEqual([
      ' to my_standby for 2 s, epoch 1',
      ' not to my_primary, as a session broke (57P01)',
      ' 8 sessions',
    ])
  })

  it('says why it holds back', () => {
    const check = {
      at: at(12_000),
      leader: 'my_primary',
      leaderError: 'timeout',
      standby: 'my_standby',
      receiver: 'streaming',
      heardMsAgo: 40,
      standbyError: null,
    } as const
    const hold = {
      at: at(11_000),
      until: at(12_000),
      times: 2,
      why: { type: 'standby-hears-it', heardMsAgo: 40 },
    } as const
    const { lines } = draw(proxyPanel, story(whole(100), status(12_100, { rule: 'fenced', settings, check, hold })), {
      width: 100,
    })
    expect(lines).toContain(' check: my_primary does not answer (timeout); the standby heard the primary 40 ms ago')
  })

  it('shows no present where the proxy does not answer', () => {
    const { summary, lines } = draw(proxyPanel, story(whole(100), statusFails(1_000)), { nowMs: 3_000 })
    expect(summary).toBe('unreachable for 2 s')
    expect(lines).toEqual([' ECONNREFUSED', ' led to my_primary, epoch 0'])
  })
})
