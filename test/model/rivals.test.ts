import { describe, expect, it } from 'vitest'
import { areRivals } from '../../src/model/rivals.ts'

describe('two that take writes', () => {
  const groupOf = { master: 'master', public: 'public', a1: 'a', a2: 'a' }

  it('are rivals where there are no groups, and within one', () => {
    expect(areRivals(null, 'patroni1', 'patroni2')).toBe(true)
    expect(areRivals(groupOf, 'a1', 'a2')).toBe(true)
  })

  it('are none in different groups', () => {
    expect(areRivals(groupOf, 'master', 'public')).toBe(false)
  })

  it('are none when they are in no group, as two applications before the servers', () => {
    expect(areRivals(groupOf, 'app1', 'app2')).toBe(false)
    expect(areRivals(groupOf, 'app1', 'master')).toBe(false)
  })
})
