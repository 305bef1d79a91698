import { expect, it } from 'vitest'
import { many, stateWords } from '../../src/model/words.ts'

it.each([
  [0, '0 writes'],
  [1, '1 write'],
  [999, '999 writes'],
  [1_206, '1\u202f206 writes'],
  [1_234_567, '1\u202f234\u202f567 writes'],
])('%i is told in a sentence as in a table', (count, text) => {
  expect(many(count, 'write')).toBe(text)
})

it.each([
  ['created', 0, 'has not been started'],
  ['running', null, 'is running'],
  ['paused', null, 'is paused'],
  ['restarting', null, 'is restarting'],
  ['exited', 137, 'has exited with code 137'],
  ['exited', null, 'has exited'],
  ['dead', 137, 'is dead'],
  ['removing', null, 'is being removed'],
])('a container that the engine calls %s, with the code %j, %s', (state, exitCode, words) => {
  expect(stateWords(state, exitCode)).toBe(words)
})
