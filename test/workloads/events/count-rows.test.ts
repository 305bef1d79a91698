import { expect, test } from 'vitest'
import { createCounter } from '../../../src/workloads/events/count-rows.ts'

const signal = new AbortController().signal

/** A table of ids that answers the counter's questions, and can be replaced behind a new connection. */
function createTable(ids: number[]) {
  const table = { ids, generation: 1, examined: 0 }
  const count = createCounter({
    async ask(_statement, values) {
      const [above = 0, upTo = Number.POSITIVE_INFINITY] = values as number[]
      const found = table.ids.filter((id) => id > above && id <= upTo)
      table.examined += found.length
      const row = { rows: found.length, newest: found.at(-1) ?? 0 }
      return { row: row as never, generation: table.generation }
    },
  })
  return { table, count: () => count(signal) }
}

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

test('an empty table has no rows, and new rows are counted as they come', async () => {
  const { table, count } = createTable([])
  expect(await count()).toBe(0)
  table.ids = [1, 2, 5]
  expect(await count()).toBe(3)
})

test('rows that were settled are not counted again', async () => {
  const { table, count } = createTable(upTo(50_000))
  expect(await count()).toBe(50_000)
  table.examined = 0
  table.ids.push(50_001)
  expect(await count()).toBe(50_001)
  expect(table.examined).toBeLessThan(15_000)
})

test('a row that is committed late, below the newest id, is counted', async () => {
  const { table, count } = createTable(upTo(50_000).filter((id) => id !== 49_990))
  expect(await count()).toBe(49_999)
  table.ids = upTo(50_000)
  expect(await count()).toBe(50_000)
})

test('a server that was rewound is counted again over its new connection', async () => {
  const { table, count } = createTable(upTo(50_000))
  await count()
  table.ids = upTo(20_000)
  table.generation = 2
  expect(await count()).toBe(20_000)
  table.ids = [...upTo(20_000), 60_000]
  expect(await count()).toBe(20_001)
})
