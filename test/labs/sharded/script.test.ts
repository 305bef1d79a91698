import { expect, it } from 'vitest'
import { readScript } from '../../../labs/sharded/executor/script.ts'

it.each([
  ['CREATE TABLE t (i int); INSERT INTO t VALUES (1)', 2],
  ['ANALYZE t', 1],
  ['SAVEPOINT s; RELEASE s', 2],
  ['CREATE INDEX i ON t (a); REINDEX TABLE t; CLUSTER t USING i', 3],
  ['DO $$ BEGIN PERFORM 1; END $$', 1],
  ["COPY t FROM '/tmp/file'", 1],
  ["ALTER TYPE mood ADD VALUE 'calm'", 1],
  ['ALTER TABLE t DETACH PARTITION p', 1],
])('takes %s', async (text, statements) => {
  expect(await readScript(text)).toMatchObject({ statements })
})

it.each([
  ['VACUUM t', 'inside a transaction'],
  ['CREATE DATABASE d', 'inside a transaction'],
  ['ALTER SYSTEM SET work_mem = 1', 'inside a transaction'],
  ['CREATE INDEX CONCURRENTLY i ON t (a)', 'CONCURRENTLY'],
  ['DROP INDEX CONCURRENTLY i', 'CONCURRENTLY'],
  ['REINDEX INDEX CONCURRENTLY i', 'inside a transaction'],
  ['REINDEX DATABASE d', 'inside a transaction'],
  ['ALTER TABLE t DETACH PARTITION p CONCURRENTLY', 'CONCURRENTLY'],
  ['CLUSTER', 'without a table'],
  ['CREATE TEMP TABLE t (i int)', 'temporary'],
  ['CREATE TEMP TABLE t AS SELECT 1', 'temporary'],
  ['SELECT 1 INTO TEMP t', 'temporary'],
  ['CREATE TEMP VIEW v AS SELECT 1', 'temporary'],
  ['LISTEN c', 'prepared'],
  ["NOTIFY c, 'x'", 'prepared'],
  ['DECLARE c CURSOR WITH HOLD FOR SELECT 1', 'WITH HOLD'],
  ['SELECT pg_export_snapshot()', 'pg_export_snapshot'],
  ['COMMIT', 'begun and ended by the executor'],
  ["PREPARE TRANSACTION 'x'", 'begun and ended by the executor'],
  ['COPY t FROM STDIN', 'client'],
  ['', 'no statement'],
  ['-- nothing', 'no statement'],
])('refuses %s', async (text, why) => {
  const { problems } = (await readScript(text)) as { problems: readonly { why: string }[] }
  expect(problems.map((problem) => problem.why).join()).toContain(why)
})

it('names every statement that cannot be part of it, with its line, whatever stands before it', async () => {
  const text = 'CREATE TABLE "Ї" (i int); -- Київ\n\n-- a comment\nVACUUM "Ї";\n/* two\nlines */ LISTEN c;'
  const { problems } = (await readScript(text)) as { problems: readonly { line: number; statement: string }[] }
  expect(problems.map(({ line, statement }) => [line, statement])).toEqual([
    [4, 'VACUUM "Ї"'],
    [6, 'LISTEN c'],
  ])
})

it('says where the syntax is wrong, and what a command of psql is', async () => {
  expect(await readScript('SELECT 1;\nSELEC 2;')).toMatchObject({
    problems: [{ line: 2, why: expect.stringContaining('syntax error') }],
  })
  expect(await readScript('\\i other.sql')).toMatchObject({
    problems: [{ line: 1, why: expect.stringContaining('psql') }],
  })
})

it('gives the same text the same digest, and another text another', async () => {
  const digest = async (text: string) => ((await readScript(text)) as { digest: string }).digest
  expect(await digest('SELECT 1')).toBe(await digest('SELECT 1'))
  expect(await digest('SELECT 1')).not.toBe(await digest('SELECT 2'))
})
