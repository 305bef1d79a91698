import { expect, it } from 'vitest'
import { z } from 'zod'
import { inPlainWords } from '../../src/model/plain-words.ts'

it.each<[z.ZodType, unknown, string]>([
  [z.number(), 'one', 'expected a number, not text'],
  [z.number(), undefined, 'expected a number'],
  [z.strictObject({}), null, 'expected keys with values, not nothing'],
  [z.record(z.string(), z.number()), [1], 'expected keys with values, not a list'],
  [z.boolean(), 1, 'expected true or false, not a number'],
  [z.int(), 1.5, 'expected a whole number'],
  [z.number().min(1), 0, 'expected at least 1'],
  [z.number().max(5), 6, 'expected at most 5'],
  [z.number().positive(), 0, 'expected more than 0'],
  [z.string().max(2), 'abc', 'expected at most 2 characters'],
  [z.array(z.string()).min(1), [], 'expected at least 1 of them'],
  [z.enum(['in', 'out']), 'up', 'expected one of in, out'],
  [z.literal('all'), 'any', 'expected all'],
  [z.string().regex(/^[a-z]+$/), 'A', 'expected text that matches /^[a-z]+$/'],
  [z.cidrv4(), 'x', 'expected a network like 172.30.77.0/24'],
  [z.string('expected a duration'), 1, 'expected a duration'],
])('%j of %j: %s', (schema, value, message) => {
  expect(schema.safeParse(value, { error: inPlainWords }).error?.issues[0]?.message).toBe(message)
})
