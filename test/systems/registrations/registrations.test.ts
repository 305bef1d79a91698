import { describe, expect, it } from 'vitest'
import { textOf } from '../../../src/draw/line.ts'
import type { Panel } from '../../../src/draw/panel.ts'
import type { State } from '../../../src/model/state.ts'
import { registrationsOf } from '../../../src/systems/registrations/known.ts'
import { parseState } from '../../../src/systems/registrations/observe/apps.ts'
import { lagPanel } from '../../../src/systems/registrations/panels/lag.ts'
import { serversPanel } from '../../../src/systems/registrations/panels/servers.ts'
import { registrations } from '../../../src/systems/registrations/system.ts'
import { app, master, shard, shardFails, story, whole } from './story.ts'

const figure = (name: string, state: State) => registrations.figures?.find((each) => each.name === name)?.read(state)

function draw(panel: Panel, state: State, { width = 76, height = 8, nowMs = state.atMs } = {}) {
  const { summary, lines } = panel.draw({ state, nowMs, width, height, isFocused: false, selected: null, filter: '' })
  return { summary: textOf(summary), lines: lines.map((each) => textOf(each).trimEnd()) }
}

describe('what is marked and not at the master', () => {
  it('is counted when the master is asked after the shard had marked it', () => {
    const state = story(whole(100), master(200), master(300, { public: 97, private: 100 }))
    expect(registrationsOf(state).shards.public?.absent).toBe(3)
    expect(registrations.standing?.(state, 300).alarm).toEqual({
      word: 'LOST',
      why: 'marked, and not at the master: 3 of public',
    })
  })

  it('is none while the master may have been asked before the shard marked it', () => {
    const state = story(whole(100), master(200), shard(250, 'public', { total: 120 }), master(300))
    expect(registrationsOf(state).shards.public?.absent).toBe(0)
    const later = story(whole(100), master(200), shard(250, 'public', { total: 120 }), master(300), master(400))
    expect(registrationsOf(later).shards.public?.absent).toBe(20)
  })
})

describe('how long the master takes to have everything again', () => {
  const away = shardFails(1_000, 'public')
  const back = shard(5_000, 'public', { unsynced: 9, oldestMs: 4_000 })

  it('is from when everybody answers until nothing is late', () => {
    const done = [shard(6_500, 'public', { unsynced: 1, oldestMs: 20 }), shard(6_600, 'private')]
    const state = story(whole(100), away, back, shard(5_500, 'private'), ...done)
    expect(figure('time_to_converge', state)).toBe(1_500)
  })

  it('is at least what has passed while something is', () => {
    const state = story(whole(100), away, back, shard(9_000, 'public', { unsynced: 9, oldestMs: 8_000 }))
    expect(figure('time_to_converge', state)).toEqual({ atLeast: 4_000 })
  })

  it('is not known while somebody is away, nor where nobody ever was', () => {
    expect(figure('time_to_converge', story(whole(100), away))).toBeNull()
    expect(figure('time_to_converge', story(whole(100), whole(900)))).toBeNull()
  })
})

it('the lag is that of the slower shard, and of none while one does not tell', () => {
  const state = story(whole(100), shard(200, 'private', { lagMs: { p50: 30, p99: 200, max: 900 } }))
  expect(['p50', 'p99', 'max'].map((which) => figure(`sync_lag_${which}`, state))).toEqual([30, 300, 900])
  expect(figure('sync_lag_p99', story(whole(100), shardFails(200, 'private')))).toBeNull()
})

it('a shard that nobody listens to, one that is late, and an application that finds a server away are problems', () => {
  expect(registrations.problems(story(whole(100)))).toEqual([])
  const state = story(
    whole(100),
    shard(200, 'public', { slot: { isActive: false, lagBytes: 9 }, unsynced: 4, oldestMs: 12_000 }),
    app(200, { troubles: { private: 'unreachable' } }),
  )
  expect(registrations.problems(state)).toEqual([
    'public: the master does not read from its slot',
    'public: 4 registrations wait for the master, the oldest for 12 s',
    'app: private is unreachable',
  ])
})

it('by the seed’s way what waits waits for the next to register, which is no problem', () => {
  const state = story(whole(100), shard(200, 'public', { slot: null, unsynced: 4, oldestMs: 60_000 }))
  expect(registrations.problems(state)).toEqual([])
})

describe('the screen', () => {
  const state = story(
    whole(100),
    shardFails(400, 'private'),
    shard(500, 'public', { unsynced: 7, oldestMs: 2_300 }),
    app(600, { way: 'fdw', sync: { at: 'x', result: 'brought', tookMs: 31 } }),
  )

  it('has the master, each shard with what waits, and each application', () => {
    expect(draw(serversPanel, state, { nowMs: 2_400 })).toEqual({
      summary: '1 of 2 shards away · 7 unsynced',
      lines: [
        '    server                  rows unsynced  oldest     p99 at master     slot',
        '  ● master                   200',
        '  ○ public                   100        7   2.3 s  300 ms       100      0 B',
        '  ✗ private              unreachable for 2 s',
        '  ○ app                  by fdw, last sync brought in 31 ms',
      ],
    })
  })

  it('draws how late the master was, a column a second', () => {
    const { summary, lines } = draw(lagPanel, state, { height: 3, width: 20 })
    expect(summary).toBe('public p50 12 ms p99 300 ms · private p50 12 ms p99 300 ms')
    expect(lines).toHaveLength(3)
    expect(lines[0]).toMatch(/^ +3\.0 s/)
  })
})

it('an application tells its way, its troubles and its latest sync', () => {
  const told = {
    way: 'fdw',
    at: 'x',
    master: { trouble: 'busy', apply_errors: null },
    shards: [{ shard: 'public', trouble: null }],
    events: [
      { at: '2026-11-21T12:00:02Z', type: 'sync', result: 'concurrent', tookMs: 8, brought: 0 },
      { at: '2026-11-21T12:00:01Z', type: 'sync', result: 'brought', tookMs: 5, brought: 1 },
      { at: '2026-11-21T12:00:03Z', type: 'wired', shard: 'public' },
    ],
  }
  expect(parseState(JSON.stringify(told))).toEqual({
    way: 'fdw',
    troubles: { master: 'busy' },
    sync: { at: '2026-11-21T12:00:02Z', result: 'concurrent', tookMs: 8 },
  })
  expect(() => parseState('{}')).toThrow('unexpected answer')
})

it('what would remain tells who of those that stay does not answer', () => {
  const tell = (state: State, ...services: string[]) => registrations.whatRemains(state, services, { handsOver: false })
  expect(tell(story(whole(100)), 'shard-public')).toEqual([
    'Students of public cannot register; those of the other shards can.',
  ])
  expect(tell(story(whole(100), shardFails(200, 'private')), 'shard-public')).toEqual([
    'Students of public cannot register; those of the other shards can.',
    'private does not answer now, and may be gone as well.',
  ])
})
