import { expect, it } from 'vitest'
import { many } from '../../src/model/words.ts'

it.each([
  [0, '0 writes'],
  [1, '1 write'],
  [999, '999 writes'],
  [1_206, '1\u202f206 writes'],
  [1_234_567, '1\u202f234\u202f567 writes'],
])('%i is told in a sentence as in a table', (count, text) => {
  expect(many(count, 'write')).toBe(text)
})
