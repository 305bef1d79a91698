import { expect, test } from 'vitest'
import { createCanvas } from '../../src/tui/canvas.ts'

function canvasOf() {
  const written: string[] = []
  const canvas = createCanvas({ write: (text: string | Uint8Array) => written.push(String(text)) > 0 })
  return { canvas, take: () => written.splice(0).join('') }
}
const at = (row: number, column: number) => `\u001b[${row};${column}H`

test('writes the rows that are other ones than they were, whole', () => {
  const { canvas, take } = canvasOf()
  const left = { x: 0, y: 1, rows: ['ab', 'cd'] }
  canvas.paint([left, { x: 2, y: 1, rows: ['12', '34'] }])
  expect(take()).toContain(`${at(2, 1)}ab${at(2, 3)}12${at(3, 1)}cd${at(3, 3)}34`)
  canvas.paint([left, { x: 2, y: 1, rows: ['12', '56'] }])
  const second = take()
  expect(second).toContain(`${at(3, 1)}cd${at(3, 3)}56`)
  expect(second).not.toContain('ab')
})

test('writes nothing where nothing has changed', () => {
  const { canvas, take } = canvasOf()
  const block = { x: 0, y: 0, rows: ['ab'] }
  canvas.paint([block])
  take()
  canvas.paint([block])
  expect(take()).toBe('')
})

test('what lay over a row is gone when it is', () => {
  const { canvas, take } = canvasOf()
  const below = { x: 0, y: 0, rows: ['abcd', 'efgh'] }
  canvas.paint([below, { x: 1, y: 0, rows: ['XX'] }])
  expect(take()).toContain(`${at(1, 1)}abcd${at(1, 2)}XX`)
  canvas.paint([below])
  const second = take()
  expect(second).toContain(`${at(1, 1)}abcd`)
  expect(second).not.toContain('efgh')
})

test('after it was cleared everything is written again', () => {
  const { canvas, take } = canvasOf()
  const block = { x: 0, y: 0, rows: ['ab'] }
  canvas.paint([block])
  canvas.clear()
  take()
  canvas.paint([block])
  expect(take()).toContain('ab')
})
