import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'libpg-query'
import { expect, test } from 'vitest'

const FOLDER = path.resolve(import.meta.dirname, '../../../labs/registrations/sql')

/** Without what psql itself reads. */
const sqlOf = (file: string) =>
  readFileSync(path.join(FOLDER, file), 'utf8')
    .replaceAll(/^\\.*$/gm, '')
    .replaceAll(/:'?(shard|first|last)'?/g, '1')

test.each(readdirSync(FOLDER))('%s can be read by PostgreSQL', async (file) => {
  await expect(parse(sqlOf(file))).resolves.toBeDefined()
})

test('what a shard sends and what the master takes are the same columns', () => {
  const columnsIn = (file: string) =>
    /CREATE TABLE outbox \(([\s\S]*?)\n\)/.exec(sqlOf(file))?.[1]?.match(/^ {2}\w+ \w+/gm)
  expect(columnsIn('outbox_shard.sql')).toEqual(columnsIn('outbox_master.sql'))
})
