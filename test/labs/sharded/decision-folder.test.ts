import { readdir } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { openDecisionFolder } from '../../../labs/sharded/executor/decision-folder.ts'
import { newGid, type Transaction } from '../../../labs/sharded/executor/transaction.ts'
import { newFolder } from '../../new-folder.ts'

const transaction = (): Transaction => {
  const endpoint = { host: 'h', port: 1, database: 'd', user: 'u', password: 'p' }
  return {
    gid: newGid('change.sql'),
    name: 'change.sql',
    digest: 'd',
    participants: [{ name: 'db_0', endpoint, sql: '' }],
  }
}

it('lets the first word count, whoever else decides at the same time', async () => {
  const where = newFolder()
  const logs = await Promise.all(Array.from({ length: 8 }, () => openDecisionFolder(where, Date.now)))
  const one = transaction()
  await logs[0]?.begin(one, 1_000)
  const words = await Promise.all(logs.map((log, i) => log.decide(one.gid, i % 2 === 0 ? 'commit' : 'abort')))
  expect(new Set(words).size).toBe(1)
  expect(await logs[5]?.decide(one.gid, words[0] === 'commit' ? 'abort' : 'commit')).toBe(words[0])
})

it('tells what is open, by age, and what is settled only when it is asked for', async () => {
  let now = 1_000
  const log = await openDecisionFolder(newFolder(), () => now)
  const [first, second] = [transaction(), transaction()]
  await log.begin(first, 500)
  now = 1_200
  await log.begin(second, 500)
  await log.decide(second.gid, 'commit')
  now = 1_600
  expect(await log.open()).toMatchObject([
    { gid: first.gid, decision: null, isLeaseOver: true, ageMs: 600, databases: ['db_0'] },
    { gid: second.gid, decision: 'commit', isLeaseOver: false, isSettled: false },
  ])
  await log.settled(second.gid)
  expect((await log.open()).map(({ gid }) => gid)).toEqual([first.gid])
  expect((await log.open([second.gid])).map(({ gid }) => gid)).toEqual([first.gid, second.gid])
})

it('leaves no drafts behind', async () => {
  const where = newFolder()
  const log = await openDecisionFolder(where, Date.now)
  const one = transaction()
  await log.begin(one, 1)
  await log.decide(one.gid, 'abort')
  await log.decide(one.gid, 'commit')
  expect((await readdir(where)).filter((name) => name.endsWith('.draft'))).toEqual([])
})
