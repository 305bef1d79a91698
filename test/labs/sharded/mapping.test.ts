import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { readMapping } from '../../../labs/sharded/executor/mapping.ts'
import { newFolder } from '../../new-folder.ts'

async function mappingOf(content: unknown, environment: NodeJS.ProcessEnv = { PGPASSWORD: 'secret' }) {
  const folder = newFolder()
  await writeFile(path.join(folder, 'password'), 'from the file\n')
  const file = path.join(folder, 'mapping.json')
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2))
  return readMapping(file, environment)
}

const databases = { db_0: { host: 'a', database: 'app' }, db_1: { host: 'b', port: 5433, database: 'app' } }

it('gives every database its place, its user and the password of the environment', async () => {
  const mapping = await mappingOf({ user: 'app', databases, coordinator: { host: 'c', database: 'log' } })
  expect(mapping.databases.db_1).toEqual({ host: 'b', port: 5433, database: 'app', user: 'app', password: 'secret' })
  expect(mapping.coordinator).toMatchObject({ host: 'c', port: 5432, password: 'secret' })
})

it('takes the password from a file, and from the variable where both are named', async () => {
  const password = { env: 'SECRET', file: 'password' }
  expect((await mappingOf({ user: 'app', password, databases }, {})).databases.db_0?.password).toBe('from the file')
  const both = await mappingOf({ user: 'app', password, databases }, { SECRET: 'mine' })
  expect(both.databases.db_0?.password).toBe('mine')
})

it('tells every mistake at once, each with its line and path', async () => {
  const content = { user: '', passwort: {}, databases: { db_0: { host: 'a', database: 'x', port: 70_000 }, 'a b': {} } }
  const error = await mappingOf(content).catch((e: Error) => e)
  for (const place of ['user', 'passwort', 'databases.db_0.port', 'a b'])
    expect((error as Error).message).toContain(place)
  expect((error as Error).message).toMatch(/mapping\.json:\d+: /)
})

it('refuses one database under two names, and a password that is nowhere', async () => {
  const twice = { db_0: { host: 'a', database: 'app' }, db_1: { host: 'a', database: 'app' } }
  const error = await mappingOf({ user: 'app', databases: twice }, {}).catch((e: Error) => e)
  expect((error as Error).message).toContain('the same database as db_0')
  expect((error as Error).message).toContain('PGPASSWORD is not set')
})
