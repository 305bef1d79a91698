import { describe, expect, test } from 'vitest'
import { nearest, orElse } from '../../src/model/did-you-mean.ts'

const words = ['leader', 'replica', 'replicas', 'etcd-leader', 'pause', 'patroni1', 'lost_writes', 'hold']

describe('the nearest word', () => {
  test.each([
    ['leeder', 'leader'],
    ['laeder', 'leader'],
    ['Leader', 'leader'],
    ['replcia', 'replica'],
    ['patroni9', 'patroni1'],
    ['lost_writse', 'lost_writes'],
    ['lostwrites', 'lost_writes'],
    ['puase', 'pause'],
    ['hodl', 'hold'],
  ])('of %s is %s', (written, meant) => {
    expect(nearest(written, words)).toBe(meant)
  })

  test.each(['nobody', 'x', '', 'kill', 'a-thing-that-is-nothing-at-all', 'l'.repeat(10_000)])(
    'of %j is none: a guess that is far off leads astray',
    (written) => {
      expect(nearest(written, words)).toBeNull()
    },
  )

  test('of two alike is the first', () => {
    expect(nearest('etcd9', ['etcd1', 'etcd2'])).toBe('etcd1')
  })
})

test('the nearest word is asked for, and without one all are listed', () => {
  expect(orElse('leeder', words)).toBe('did you mean leader?')
  expect(orElse('nobody', ['a', 'b'])).toBe('there are a, b')
  expect(orElse('nobody', [])).toBe('there are none')
})
