import { expect, test } from 'vitest'
import { trafficPanel } from '../../src/tui/panels/traffic.ts'
import { acks, errs, play, started, type Timed } from '../model/events.ts'

const began = (from: string): Timed => [10, { type: 'site.began', from, host: 'host1', runId: 'r', zeroUnixMs: 0 }]
const heard = (from: string, atMs: number, answers: ReturnType<typeof acks>): Timed => {
  return [atMs, { type: 'site.probe', from, kind: 'write', intervalMs: 20, answers, untilMs: atMs - 100 }]
}
const seen: readonly Timed[] = [
  [0, started],
  began('east'),
  began('west'),
  heard('east', 5_000, acks(20, 4_900)),
  heard('west', 5_010, [...acks(20, 2_000), ...errs(2_020, 4_900)]),
]

function lineAt(nowMs: number, events: readonly Timed[] = seen) {
  const scene = { state: play(events), nowMs, width: 100, height: 12, isFocused: false, selected: null, filter: '' }
  const lines = trafficPanel.draw(scene).lines.map((line) =>
    line
      .map(({ text }) => text)
      .join('')
      .trim(),
  )
  return lines.find((line) => line.startsWith('clients at'))
}

test('the traffic panel tells what the clients at each site have', () => {
  expect(lineAt(6_000)).toBe('clients at east ✓ served, west ✗ cannot WRITE for 4 s')
  expect(lineAt(6_000, [[0, started]])).toBeUndefined()
})

test('clients at a site that were not heard for long are not told to be served', () => {
  expect(lineAt(21_100)).toBe('clients at east not heard for 16 s, west not heard for 16 s')
})

test('clients at a site that have ended are told of no more', () => {
  const writes = { attempted: 1, acknowledged: 1, unguarded: 0, failed: 0, unknown: 0, dropped: 0, unanswered: 0 }
  const ended: Timed = [7_000, { type: 'site.ended', from: 'west', why: null, writes }]
  expect(lineAt(7_000, [...seen, ended])).toBe('clients at east ✓ served')
})

test('the event list tells when clients at a site cannot write, and when they can again', () => {
  const back = heard('west', 10_000, acks(8_000, 9_900))
  const texts = play([...seen, back]).lines.map(({ source, text }) => `${source}: ${text}`)
  expect(texts.filter((text) => text.startsWith('west'))).toEqual([
    'west: clients of west run on host1',
    'west: clients of west cannot write (08006)',
    'west: clients of west can write again after 6.00 s',
  ])
})
