import { expect, it } from 'vitest'
import { errorsOf } from '../../src/model/traffic-state.ts'
import { tick } from '../report/fixture.ts'

it('what writes and reads were told alike is added up, and the most frequent comes first', () => {
  const { write, read } = tick({}) as Extract<ReturnType<typeof tick>, { type: 'traffic.tick' }>
  const both = {
    write: { ...write, byError: { TIMEOUT: 1, CLOSED: 2 } },
    read: { ...read, byError: { CLOSED: 3, '57P01': 1 } },
  }
  expect(errorsOf(both)).toEqual([
    ['CLOSED', 5],
    ['57P01', 1],
    ['TIMEOUT', 1],
  ])
})
