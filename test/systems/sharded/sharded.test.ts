import { describe, expect, it } from 'vitest'
import { textOf } from '../../../src/draw/line.ts'
import type { Panel } from '../../../src/draw/panel.ts'
import type { State } from '../../../src/model/state.ts'
import { sharded } from '../../../src/systems/sharded/system.ts'
import { at } from '../story.ts'
import { decisions, executor, prepared, SHARDS, shard, shardFails, story, whole } from './story.ts'

const figure = (name: string, state: State) => sharded.figures?.find((each) => each.name === name)?.read(state)
const holds = (key: string, value: boolean, state: State) =>
  sharded.conditions?.find((each) => each.key === key)?.holds(value, state)

function draw(id: string, state: State) {
  const panel = sharded.panels.find((each) => each.id === id) as Panel
  const scene = { state, nowMs: state.atMs, width: 70, height: 8, isFocused: false, selected: null, filter: '' }
  const { summary, lines } = panel.draw(scene)
  return { summary: textOf(summary), lines: lines.map((each) => textOf(each).trimEnd()) }
}

describe('what is in doubt', () => {
  it('is prepared for more than a second: what is prepared for a moment is under way', () => {
    const quick = story(...whole(1_000), shard(1_500, 's1', prepared(900)))
    expect(sharded.problems(quick)).toEqual([])
    expect(holds('in_doubt', true, quick)).toBe(false)
    const stuck = story(...whole(1_000), shard(5_000, 's1', prepared(3_000)))
    expect(sharded.problems(stuck)).toEqual(['1 transaction is in doubt, for up to 3.00 s'])
    expect(sharded.standing?.(stuck, 5_000).alarm?.word).toBe('IN DOUBT')
    expect(holds('in_doubt', true, stuck)).toBe(true)
    expect(holds('answering', true, stuck)).toBe(true)
  })

  it('is one transaction, in however many shards it is prepared', () => {
    const both = story(...whole(1_000), ...SHARDS.map((name) => shard(5_000, name, prepared(3_000))))
    expect(draw('shards', both).summary).toContain('1 in doubt for 3 s')
  })

  it('counts from when it was prepared, and what several shards tell counts once', () => {
    const state = story(
      ...whole(0),
      shard(5_000, 's0', prepared(3_000)),
      shard(5_500, 's1', prepared(3_500)),
      shard(9_000, 's0', prepared(7_000)),
      shard(9_500, 's0'),
      shard(9_500, 's1'),
      shard(20_000, 's2', prepared(2_000)),
      shard(21_000, 's2'),
    )
    expect(figure('in_doubt_time', state)).toBe(7_000 + 2_000)
  })

  it('is at least so long while a shard cannot be asked, and unknown where nothing was seen', () => {
    const state = story(...whole(0), shard(5_000, 's0', prepared(3_000)), shardFails(6_000, 's1'))
    expect(figure('in_doubt_time', state)).toEqual({ atLeast: 3_000 })
    expect(figure('in_doubt_time', story(...whole(0), shardFails(6_000, 's1')))).toBeNull()
    expect(holds('answering', true, state)).toBe(false)
  })

  it('blocks whoever waits for its locks', () => {
    const state = story(...whole(0), shard(4_000, 's0', { waiting: 2, waitingMs: 1_200 }), shard(4_500, 's0'))
    expect(figure('blocked_time', state)).toBe(1_200)
    expect(figure('blocked_time', story(...whole(0)))).toBe(0)
  })
})

describe('on the screen', () => {
  it('every shard tells what is committed, prepared and waited for', () => {
    const { summary, lines } = draw(
      'shards',
      story(
        ...whole(0),
        shard(3_000, 's1', { ...prepared(2_500), waiting: 1, waitingMs: 400 }),
        shardFails(3_000, 's2'),
      ),
    )
    expect(summary).toBe('1 in doubt for 2 s · 2 of 3 answer')
    expect(lines[1]).toMatch(/○ s0 +7 +– +–/)
    expect(lines[2]).toMatch(/○ s1 +7 +1 +2 s +1 /)
    expect(lines[3]).toMatch(/✗ s2 +unreachable/)
  })

  it('the executor tells how far it is, and at which gate it is held', () => {
    const underWay = {
      name: 'ab:8',
      protocol: 'two-phase',
      databases: 2,
      since: at(1_000),
      step: 'committing',
      through: 1,
      gate: 'before-commit',
    }
    const held = executor(3_500, {
      underWay: [underWay],
      underWayCount: 1,
      gates: [{ gate: 'before-commit', of: 2 }],
    })
    const { summary, lines } = draw('executor', story(...whole(0), held))
    expect(summary).toBe('two-phase · 1 under way')
    expect(lines).toEqual([
      ' armed: before-commit of 2',
      ' ab:8: committing 1/2, held at before-commit, 2.5 s',
      ' 12 applied',
    ])
  })

  it('the decision log tells what is open first', () => {
    const open = { gid: 'g', name: 'ab:9', databases: 2, decision: null, isSettled: false, ageMs: 4_000 }
    const { summary, lines } = draw('decisions', story(...whole(0), decisions(1_000, { open: 1, latest: [open] })))
    expect(summary).toBe('1 open · 12 commit, 0 abort')
    expect(lines[1]).toMatch(/ab:9 +2 undecided +no +4 s ago/)
  })
})

it('what would remain counts no shard as whole that does not answer', () => {
  const tell = (state: State) => sharded.whatRemains(state, ['s0'], { handsOver: false })
  const left = '2 of 3 shards: no transaction that spans the others can commit.'
  expect(tell(story(...whole(1_000)))).toEqual([left])
  expect(tell(story(...whole(1_000), shardFails(1_500, 's1')))).toEqual([left, 'Of those s1 does not answer.'])
})
