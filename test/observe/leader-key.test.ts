import { expect, test } from 'vitest'
import type { EtcdLeaderKeyChanged } from '../../src/systems/patroni/events.ts'
import { createKeyHistory } from '../../src/systems/patroni/observe/leader-key.ts'
import { recorder } from './fakes.ts'

type Step = [holder: string | null, revision: number]

/** Which of the observations get into the log. */
function history(...steps: Step[]): Step[] {
  const log = recorder()
  const see = createKeyHistory(log)
  for (const [holder, revision] of steps) see({ holder, revision, via: 'etcd1', seenBy: 'watch' })
  return log.events.map((event) => [(event as EtcdLeaderKeyChanged).holder, (event as EtcdLeaderKeyChanged).revision])
}

test.each<[string, Step[], Step[]]>([
  ['the first reading counts', [['a', 10]], [['a', 10]]],
  ['so does a first reading without a key', [[null, 10]], [[null, 10]]],
  [
    'a revision counts once, whoever else sees it',
    [
      ['a', 10],
      ['a', 10],
      ['a', 10],
    ],
    [['a', 10]],
  ],
  [
    'what a lagging member tells is old news',
    [
      ['a', 10],
      [null, 12],
      ['b', 13],
      [null, 12],
      ['a', 10],
    ],
    [
      ['a', 10],
      [null, 12],
      ['b', 13],
    ],
  ],
  [
    'the same holder may write the key again',
    [
      ['a', 10],
      ['a', 11],
    ],
    [
      ['a', 10],
      ['a', 11],
    ],
  ],
  [
    'no key stays no key however far the store moves on',
    [
      ['a', 10],
      [null, 12],
      [null, 500],
      ['b', 13],
    ],
    [
      ['a', 10],
      [null, 12],
      ['b', 13],
    ],
  ],
  [
    'a read that found no key outdates the deletion that a watch brings later',
    [
      ['a', 10],
      [null, 20],
      [null, 15],
      ['b', 21],
    ],
    [
      ['a', 10],
      [null, 20],
      ['b', 21],
    ],
  ],
])('%s', (_, steps, logged) => {
  expect(history(...steps)).toEqual(logged)
})
