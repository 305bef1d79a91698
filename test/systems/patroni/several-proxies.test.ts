import { expect, test } from 'vitest'
import { textOf } from '../../../src/draw/line.ts'
import type { EventBody } from '../../../src/model/events.ts'
import { haproxyPanel } from '../../../src/systems/patroni/panels/haproxy.ts'
import { patroniStatus } from '../../../src/systems/patroni/status.ts'
import { haproxy, haproxy2, noProxy, play, shape, shapeOfTwo, started, type Timed } from '../../model/events.ts'

const two: Timed[] = [
  [0, { ...started, lab: shapeOfTwo } as EventBody],
  [10, haproxy(['patroni1'], ['patroni2', 'patroni3'])],
  [20, haproxy2(['patroni2'], ['patroni3'])],
]

/** The panel's gist, and its lines, as plain text. */
function panel(...timed: Timed[]): string[] {
  const state = play(timed)
  const scene = { state, nowMs: state.atMs + 100, width: 70, height: 8, isFocused: false, selected: null, filter: '' }
  const { summary, lines } = haproxyPanel.draw(scene)
  return [summary, ...lines].map((line) => textOf(line).trim())
}

test('the panel shows one proxy as a whole, and where the others lead', () => {
  const [gist, header, ...rows] = panel(...two)
  expect(gist).toContain('writes → patroni1')
  expect(header).toMatch(/:5001 .*:5002/)
  expect(rows.at(-1)).toMatch(/^haproxy2 \(:5011, :5012\): writes → patroni2.*reads → patroni3$/)
})

test('the one that answers is shown as a whole, and of the other why it is not', () => {
  const [gist, header, ...rows] = panel(...two, [1_000, noProxy('haproxy')])
  expect(gist).toContain('writes → patroni2')
  expect(header).toMatch(/:5011 .*:5012/)
  expect(rows.at(-1)).toMatch(/^haproxy \(:5001, :5002\): unreachable for/)
})

test('the panel is as high as there are proxies', () => {
  const wanted = (lab: typeof shape) => haproxyPanel.size(play([[0, { ...started, lab } as EventBody]]))?.wanted
  expect(Number(wanted(shapeOfTwo)) - Number(wanted(shape))).toBe(1)
})

test('status tells of each proxy by its name', () => {
  const { json, lines } = patroniStatus(play(two))
  const at = (leader: string, replicas: readonly string[]) => {
    const words = (up: readonly string[]) =>
      Object.fromEntries(shape.nodes.map((name) => [name, up.includes(name) ? 'UP' : 'DOWN']))
    return { leader: words([leader]), replicas: words(replicas) }
  }
  expect(json).toMatchObject({
    haproxy: at('patroni1', ['patroni2', 'patroni3']),
    haproxy2: at('patroni2', ['patroni3']),
  })
  expect(lines.filter((line) => line.startsWith('haproxy'))).toEqual(['haproxy:', 'haproxy2:'])
})

test('status of a lab with one proxy, and of one with none, has the key haproxy alone', () => {
  const keys = (lab: typeof shape) =>
    Object.keys(patroniStatus(play([[0, { ...started, lab } as EventBody]])).json).filter((key) => /proxy/.test(key))
  expect([keys(shape), keys({ ...shape, proxies: [] })]).toEqual([['haproxy'], ['haproxy']])
})
