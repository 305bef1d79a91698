import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { summarySchema } from '../../src/report/summary-schema.ts'

const file = new URL('../../docs/summary.schema.json', import.meta.url)

it('docs/summary.schema.json is what the code says (update it with `vitest -u`)', async () => {
  const schema = { title: 'summary.json of a chaoslab run', ...z.toJSONSchema(summarySchema) }
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(file.pathname)
})

it('describes every part of the summary that scripts rely on', () => {
  const { properties } = JSON.parse(readFileSync(file, 'utf8')) as { properties: Record<string, object> }
  expect(Object.keys(properties)).toEqual(
    expect.arrayContaining([
      'verdict',
      'writes',
      'outages',
      'failovers',
      'splitBrain',
      'reads',
      'versions',
      'settings',
    ]),
  )
  const writes = properties.writes as { required: string[] }
  expect(writes.required).toEqual(
    expect.arrayContaining([
      'attempted',
      'acknowledged',
      'failed',
      'unknown',
      'dropped',
      'lost',
      'phantom',
      'duplicated',
      'recovered',
    ]),
  )
})
