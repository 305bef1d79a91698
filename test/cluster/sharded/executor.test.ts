import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrating } from '../../../src/workloads/distributed/kinds.ts'
import { execute, NAMES, type Sixteen, startExecutor, startSixteen } from './server.ts'

let sixteen: Sixteen
let scripts = 0

beforeAll(async () => {
  sixteen = await startSixteen()
})
afterAll(async () => sixteen?.remove())

/** A script that makes a table of its own, so that every test can ask by plain SQL where it was applied. */
async function newScript() {
  const table = `t${++scripts}`
  await writeFile(
    path.join(sixteen.folder, `${table}.sql`),
    `CREATE TABLE ${table} (i int);\nINSERT INTO ${table} VALUES (1)`,
  )
  return { file: `${table}.sql`, isThere: `to_regclass('${table}') IS NOT NULL` }
}

const prepared = async () => (await sixteen.query('postgres', 'SELECT count(*)::int AS n FROM pg_prepared_xacts'))[0]?.n

/** Starts an executor that stops at a gate, and resolves once it stands there. */
async function heldAt(gate: string, of: number, args: readonly string[]) {
  const gates = await mkdtemp(path.join(sixteen.folder, 'gates-'))
  await writeFile(path.join(gates, gate), JSON.stringify({ of }))
  const executor = startExecutor(sixteen.folder, args, gates)
  await expect.poll(() => existsSync(path.join(gates, `${gate}.reached`))).toBe(true)
  return { ...executor, open: () => rm(path.join(gates, gate)) }
}

async function killAt(gate: string, of: number, args: readonly string[]) {
  const executor = await heldAt(gate, of, args)
  process.kill(executor.pid, 'SIGKILL')
  await executor.exited
}

async function rollBackPrepared() {
  for (const name of NAMES) {
    const rows = await sixteen.query(name, 'SELECT gid FROM pg_prepared_xacts WHERE database = current_database()')
    for (const { gid } of rows) await sixteen.query(name, `ROLLBACK PREPARED '${gid}'`)
  }
}

/** A recovery waits for the lease of whoever has not decided: here its end is brought forward. */
const endLeases = () =>
  sixteen.query('coordinator', "UPDATE shard_executor_transactions SET lease_until = clock_timestamp() - interval '1s'")

describe('two-phase commit', () => {
  it('applies a script everywhere, and says so when it is applied again', async () => {
    const { file, isThere } = await newScript()
    expect(await execute(sixteen.folder, 'apply', file)).toMatchObject({ code: 0 })
    expect(await sixteen.countWhere(isThere)).toBe(16)
    const again = await execute(sixteen.folder, 'apply', file)
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining('already') })
    await writeFile(path.join(sixteen.folder, file), 'SELECT 1')
    expect(await execute(sixteen.folder, 'apply', file)).toMatchObject({ code: 2 })
  })

  it('applies a script nowhere when one database refuses it', async () => {
    const { file, isThere } = await newScript()
    await sixteen.query('db_7', `CREATE TABLE ${file.replace('.sql', '')} (other int)`)
    expect(await execute(sixteen.folder, 'apply', file)).toMatchObject({ code: 1 })
    expect(await sixteen.countWhere(isThere)).toBe(1)
    expect(await prepared()).toBe(0)
  })

  it.each([
    ['before-prepare', 1, 0],
    ['before-prepare', 9, 0],
    ['after-prepare', 1, 0],
    ['before-decision', 1, 0],
    ['after-decision', 1, 16],
    ['before-commit', 1, 16],
    ['before-commit', 8, 16],
    ['before-commit', 16, 16],
  ])('is settled by a recovery when it is killed at %s of %i: then %i databases have it', async (gate, of, applied) => {
    const { file, isThere } = await newScript()
    await killAt(gate, of, ['apply', file])
    await endLeases()
    await expect.poll(async () => (await execute(sixteen.folder, 'recover')).code).toBe(0)
    expect(await sixteen.countWhere(isThere)).toBe(applied)
    expect(await prepared()).toBe(0)
  })

  it('cannot commit what a recovery has rolled back while it slept', async () => {
    const { file, isThere } = await newScript()
    const executor = await heldAt('before-decision', 1, ['apply', file])
    await endLeases()
    expect(await execute(sixteen.folder, 'recover')).toMatchObject({ code: 0 })
    await executor.open()
    expect(await executor.exited).toMatchObject({ code: 1, output: expect.stringContaining('recovery was first') })
    expect(await sixteen.countWhere(isThere)).toBe(0)
    expect(await prepared()).toBe(0)
  })

  it('leaves an executor that is within its lease alone', async () => {
    const { file, isThere } = await newScript()
    const executor = await heldAt('before-decision', 1, ['apply', file])
    expect(await execute(sixteen.folder, 'recover')).toMatchObject({ code: 3 })
    await executor.open()
    expect(await executor.exited).toMatchObject({ code: 0 })
    expect(await sixteen.countWhere(isThere)).toBe(16)
  })

  it('rolls back everywhere when it is interrupted before the decision, and finishes when after it', async () => {
    const before = await newScript()
    const early = await heldAt('before-decision', 1, ['apply', before.file])
    process.kill(early.pid, 'SIGTERM')
    await expect.poll(() => early.output()).toContain('Interrupted')
    await early.open()
    expect(await early.exited).toMatchObject({ code: 1, output: expect.stringContaining('before the decision') })
    expect(await sixteen.countWhere(before.isThere)).toBe(0)
    const after = await newScript()
    const late = await heldAt('after-decision', 1, ['apply', after.file])
    process.kill(late.pid, 'SIGTERM')
    await expect.poll(() => late.output()).toContain('Interrupted')
    await late.open()
    expect(await late.exited).toMatchObject({ code: 0 })
    expect(await sixteen.countWhere(after.isThere)).toBe(16)
  })

  it('gives up when one database is locked, and holds nobody up afterwards', async () => {
    const { file } = await newScript()
    const table = file.replace('.sql', '')
    for (const name of NAMES) await sixteen.query(name, `CREATE TABLE locked_${table} (i int)`)
    await writeFile(path.join(sixteen.folder, file), `INSERT INTO locked_${table} VALUES (1)`)
    const holder = new pg.Client(sixteen.mapping.databases.db_4)
    await holder.connect()
    await holder.query(`BEGIN; LOCK TABLE locked_${table}`)
    const outcome = await execute(sixteen.folder, 'apply', file, '--lock-timeout', '300ms')
    await holder.end()
    expect(outcome).toMatchObject({ code: 1, output: expect.stringContaining('db_4') })
    expect(await prepared()).toBe(0)
    expect(await execute(sixteen.folder, 'apply', file)).toMatchObject({ code: 0 })
  })

  it('lets one of two that want the same win, and the other roll back or find it done', async () => {
    const { file, isThere } = await newScript()
    const both = await Promise.all([execute(sixteen.folder, 'apply', file), execute(sixteen.folder, 'apply', file)])
    expect(await prepared()).toBe(0)
    const applied = await sixteen.countWhere(isThere)
    expect(applied === 16).toBe(both.some(({ code }) => code === 0))
    expect([0, 16]).toContain(applied)
  })

  it('tells what is in doubt where that has locked a table, and the schema of the workload can be read all the same', async () => {
    const [make, change] = ['locked_make.sql', 'locked_change.sql']
    const table = 'migrated_locked_0'
    await writeFile(path.join(sixteen.folder, make), `CREATE TABLE ${table} (id int PRIMARY KEY)`)
    await writeFile(path.join(sixteen.folder, change), `ALTER TABLE ${table} ADD COLUMN j int`)
    expect(await execute(sixteen.folder, 'apply', make)).toMatchObject({ code: 0 })
    await killAt('after-prepare', 1, ['apply', change, '--no-recovery'])
    const { code, output } = await execute(sixteen.folder, 'status', '--json')
    const { databases } = JSON.parse(output) as { databases: { inDoubt: unknown[]; catalog: string | null }[] }
    expect(code).toBe(3)
    expect(databases.map(({ inDoubt, catalog }) => [inDoubt.length, catalog])).toEqual(NAMES.map(() => [1, null]))
    const reader = new pg.Client({ ...sixteen.mapping.databases.db_4, lock_timeout: 1_000 })
    await reader.connect()
    const { rows } = await reader.query(migrating.sound, ['locked']).finally(() => reader.end())
    expect(rows).toEqual([{ sound: expect.stringMatching(/^[0-9a-f]{32}$/) }])
    await rollBackPrepared()
  })

  it('lists what nobody remembers with the commands for either choice, and decides nothing', async () => {
    const { file } = await newScript()
    await killAt('after-prepare', 1, ['apply', file, '--no-recovery'])
    const found = await execute(sixteen.folder, 'recover')
    expect(found).toMatchObject({ code: 3, output: expect.stringContaining('ROLLBACK PREPARED') })
    expect(await prepared()).toBe(16)
    const { output } = await execute(sixteen.folder, 'status', '--json')
    expect(JSON.parse(output).databases.every((each: { inDoubt: unknown[] }) => each.inDoubt.length === 1)).toBe(true)
    await rollBackPrepared()
  })

  it('keeps its decisions in a folder where there is no coordinator', async () => {
    const { file, isThere } = await newScript()
    const log = path.join(sixteen.folder, 'decisions')
    await killAt('before-commit', 3, ['apply', file, '--log', log])
    expect(await execute(sixteen.folder, 'recover', '--log', log)).toMatchObject({ code: 0 })
    expect(await sixteen.countWhere(isThere)).toBe(16)
  })
})

describe('one-phase commit', () => {
  it('is torn when it is killed between two commits, which status tells', async () => {
    const { file, isThere } = await newScript()
    await killAt('before-commit', 8, ['apply', file, '--protocol', 'one-phase'])
    await expect.poll(() => sixteen.countWhere(isThere)).toBe(7)
    const { code, output } = await execute(sixteen.folder, 'status', '--json')
    expect(code).toBe(3)
    expect(JSON.parse(output).torn.map(({ name }: { name: string }) => name)).toEqual([file])
    expect(JSON.parse(output).divergence).not.toBeNull()
  })
})
