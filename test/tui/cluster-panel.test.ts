import { expect, test } from 'vitest'
import { frame } from '../../src/draw/frame.ts'
import { textOf } from '../../src/draw/line.ts'
import { clusterPanel } from '../../src/systems/patroni/panels/cluster.ts'
import { healthy, leaderDead, node, postgres, splitBrain, stateOf } from './fixture.ts'

const well = stateOf(healthy())
const gone = stateOf([node('patroni3', 30_050, null)], well)

test.each([
  ['all is well', well, 30_100, 'leader patroni1 · one primary'],
  ['a node is gone', gone, 30_100, 'leader patroni1 · 2 of 3 answer'],
  [
    'whether that one takes writes is not known',
    stateOf([postgres('patroni3', 30_050, null)], gone),
    30_100,
    'one primary, patroni3 unseen',
  ],
  ['nobody leads', stateOf(leaderDead()), 40_000, 'no primary · 2 of 3 answer · no leader'],
  ['two take writes', stateOf(splitBrain()), 32_200, 'SPLIT BRAIN 400 ms: patroni1 and patroni2'],
])('the heading beside two columns of panels at 120, when %s', (_, state, nowMs, gist) => {
  const scene = { state, nowMs, width: 58, height: 8, isFocused: false, selected: null, filter: '' }
  const framed = { ...clusterPanel, ...clusterPanel.draw(scene), number: 1, width: 60, height: 10, isFocused: false }
  expect(textOf(frame(framed)[0] ?? []).replaceAll('\u00a0', ' ')).toMatch(new RegExp(`^╭─ 1 Cluster ─+ ${gist} ─╮$`))
})
