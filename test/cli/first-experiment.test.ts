import { expect, test } from 'vitest'
import { runFirstExperiment } from '../../src/cli/first-experiment.ts'
import { stop } from '../../src/faults/container/stop.ts'
import type { Experiment } from '../../src/systems/operated.ts'
import { fakeLab } from '../scenario/fake-lab.ts'
import { healthy, tick } from '../tui/fixture.ts'

/** What the clients of a healthy lab have written. */
const BEFORE = 400

/** Stops the leader after ten writes, and is over after twenty: as a system would say it. */
const literal: Experiment = {
  question: 'what does a literal experiment do?',
  rates: { writesPerSecond: 10, readsPerSecond: 0 },
  isReady: ({ traffic }) => traffic.totals.write.ok >= BEFORE + 10,
  fault: () => ({ kind: stop, params: stop.schema.parse({}), target: { type: 'name', name: 'patroni1' }, name: 'it' }),
  isOver: ({ traffic }) => traffic.totals.write.ok >= BEFORE + 20,
  endsTraffic: true,
  isWhole: () => true,
  tell: ({ over, state, isWhole }) => [
    `${over?.traffic.totals.write.ok} of ${state.traffic.totals.write.ok}`,
    `${isWhole}`,
  ],
}

test('an experiment of the system’s own: its rates, its fault, its end, its closing lines', async () => {
  const lab = fakeLab()
  for (const [, body] of healthy()) lab.happen(body)
  const lines: string[] = []
  const running = runFirstExperiment(lab, (line) => lines.push(line), new AbortController().signal, literal)
  for (const ok of [10, 10]) {
    await new Promise(setImmediate)
    lab.happen(tick(1_000, { ok })[1])
  }
  expect(await running).toBe(true)
  expect(lab.deeds.map((deed) => deed.replace(/ \([\d.]+\)$/, ''))).toEqual([
    '0 traffic {"writesPerSecond":10,"readsPerSecond":0,"isOn":true}',
    '0 inject stop patroni1 as it',
    '0 traffic {"isOn":false}',
    '0 heal it',
    '0 traffic {"isOn":false}',
  ])
  expect(lines[0]).toContain('what does a literal experiment do?')
  expect(lines.at(-1)).toBe('\nWhat happened\n  420 of 420\n  true')
})
