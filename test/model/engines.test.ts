import { expect, test } from 'vitest'
import { isInDoubt } from '../../src/model/unwitnessed.ts'
import { problemsOfContainers } from '../../src/systems/problems.ts'
import { run } from './anatomy-events.ts'
import { container, linesOf, play, postgres, shape, started, type Timed } from './events.ts'

const hostOf = Object.fromEntries(
  Object.keys(shape.containerOf).map((part) => [part, part === 'patroni1' ? 'one' : 'two']),
)
const begun: Timed = [0, { ...started, lab: { ...shape, hostOf } } as Timed[1]]
const engine = (host: string, error?: string): Timed[1] => ({
  type: 'docker.engine',
  host,
  reading: error === undefined ? { ok: true, value: { version: '26.1' } } : { ok: false, error },
})

test('each host has its engine, and of all together the one that is away counts', () => {
  const state = play([begun, [1, engine('one')], [2, engine('two')], [5, engine('one', 'timeout')], [7, engine('two')]])
  expect(state.engines).toMatchObject({
    one: { unreachableSinceMs: 5, error: 'timeout' },
    two: { seenAtMs: 7, unreachableSinceMs: null },
  })
  expect(state.engine).toMatchObject({ unreachableSinceMs: 5, error: 'timeout' })
  expect(play([[8, engine('one')]], state).engine).toMatchObject({ unreachableSinceMs: null, seenAtMs: 8 })
})

test('a host that does not answer is a problem of its own, and hides no other', () => {
  const exited = container('etcd1', 'exited')
  const state = play([
    begun,
    [1, engine('one')],
    [2, engine('two')],
    [3, container('pg-one', 'exited')],
    [4, exited],
    [5, engine('one', 'timeout')],
  ])
  expect(problemsOfContainers(state)).toEqual([
    'one: its engine does not answer (timeout)',
    expect.stringContaining('etcd1: its container has exited'),
  ])
})

test('which engine cannot be heard is told by its host, once', () => {
  const lines = linesOf([
    begun,
    [1, engine('one')],
    [2, engine('two')],
    [1_000, engine('one', 'timeout')],
    [2_000, engine('one', 'timeout')],
    [3_000, engine('one')],
  ])
  expect(lines.filter((line) => line.includes('engine'))).toEqual([
    'bad one: the engine cannot be heard (timeout)',
    expect.stringMatching(/^good one: the engine is heard again after 2\.00 s$/),
  ])
})

/** patroni1 has led and its container has ended, while patroni2 takes writes. */
const ended: readonly Timed[] = [
  begun,
  [500, engine('one')],
  [501, engine('two')],
  [1_000, postgres('patroni1', { isInRecovery: false, timeline: 4 })],
  [1_100, container('pg-one', 'exited')],
  [1_250, postgres('patroni1', 'timeout')],
  [2_000, postgres('patroni2', { isInRecovery: false, timeline: 4 })],
]
const doubts = (...more: readonly Timed[]) => run(ended, more).splitBrain.unwitnessed.spans.filter(isInDoubt)

test('what an engine said of a container is in doubt from its last word on, and only on its own host', () => {
  expect(doubts([4_000, engine('one')], [6_000, engine('two', 'timeout')])).toEqual([])
  expect(doubts([4_000, engine('one')], [6_000, engine('one', 'timeout')])).toMatchObject([
    { node: 'patroni1', fromMs: 4_000, toMs: null },
  ])
})
