import { expect, test } from 'vitest'
import { tellHealthy } from '../../src/cli/up.ts'
import { key, play, started } from '../model/events.ts'
import { story, whole } from '../systems/sharded/story.ts'

test('what healthy means is who leads, or, where nobody does, who answers', () => {
  expect(
    tellHealthy(
      play([
        [0, started],
        [10, key('patroni1', 5)],
      ]),
    ),
  ).toBe('patroni1 leads')
  expect(tellHealthy(story(...whole(1_000)))).toBe('s0, s1, s2, coordinator, executor answer')
})
