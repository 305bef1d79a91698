import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createLedgerFile } from '../../src/audit/ledger-file.ts'
import { exportRun } from '../../src/cli/export.ts'
import { openRun, recordedSystems } from '../../src/cli/recorded-run.ts'
import { writeRunReport } from '../../src/cli/report.ts'
import { readPastRun } from '../../src/lab/past-run.ts'
import { createRecording } from '../../src/log/recording.ts'
import { storeAudit } from '../../src/report/stored-audit.ts'
import { entryOf } from '../audit/fixture.ts'
import { newFolder } from '../new-folder.ts'
import { leaderKill, lossyAudit, lossyAutopsy } from '../report/fixture.ts'
import { play, primary, read, startedWith, TWO } from '../systems/two-clusters.ts'

test('an audit that was made after the lab was killed is what the report of its run goes by', async () => {
  const folder = newFolder()
  const recording = createRecording(path.join(folder, 'events.ndjson'), (error) => expect.unreachable(error.message))
  for (const event of leaderKill().slice(0, -1)) recording.onEvent(event)
  await recording.close()
  const before = await writeRunReport(folder)
  expect(before.summary).toMatchObject({ verdict: { verdict: 'unknown' }, audit: null, writes: { lost: null } })

  await storeAudit(folder, { type: 'audited', audit: lossyAudit, autopsy: lossyAutopsy })
  const { summary, html } = await writeRunReport(folder)
  const lost = lossyAudit.findings?.counts.lost
  expect(lost).toBeGreaterThan(0)
  expect(summary).toMatchObject({ isComplete: false, verdict: { verdict: 'fail' }, writes: { lost } })
  expect(summary.autopsy?.sentences).toEqual(lossyAutopsy.sentences)
  expect(await readFile(html, 'utf8')).toContain('acknowledged writes are lost')
})

/** The folder of a run of two systems, whose clients wrote to `b` alone. */
async function runOfTwo(): Promise<string> {
  const folder = newFolder()
  const recording = createRecording(path.join(folder, 'events.ndjson'), (error) => expect.unreachable(error.message))
  const two = await read(TWO)
  for (const event of play([null, startedWith(two)], ['a', primary('a1')], ['b', primary('b1')])) {
    recording.onEvent(event)
  }
  await recording.close()
  await mkdir(path.join(folder, 'b'))
  const ledger = createLedgerFile(path.join(folder, 'b'), { runId: 'abcdef' }, (error) =>
    expect.unreachable(error.message),
  )
  for (const seq of [1, 2, 3]) ledger.append(entryOf(seq, 'ok'))
  await ledger.close()
  return folder
}

test('each system of a run of several is reported with its own ledger and the audit that was made of it later', async () => {
  const folder = await runOfTwo()
  await storeAudit(path.join(folder, 'b'), { type: 'audited', audit: lossyAudit, autopsy: lossyAutopsy })
  const { instances = {}, verdict } = (await writeRunReport(folder)).summary
  expect(instances.a).toMatchObject({ writes: { attempted: 0, lost: null } })
  expect(instances.b).toMatchObject({ runId: 'abcdef', writes: { lost: lossyAudit.findings?.counts.lost } })
  expect(verdict.verdict).toBe('fail')
})

test('the systems of a run are known by its first event, with their own folders; those that were written to are audited', async () => {
  const folder = await runOfTwo()
  expect(await recordedSystems(folder, openRun(folder))).toEqual([
    { name: 'a', folder: path.join(folder, 'a'), workload: 'events' },
    { name: 'b', folder: path.join(folder, 'b'), workload: 'events' },
  ])
  const past = await readPastRun(folder, path.join(folder, 'events.ndjson'))
  expect(past.map(({ name, ledger, state }) => [name, ledger.size, state.timelines.map(({ node }) => node)])).toEqual([
    ['b', 3, ['b1']],
  ])
})

test('an export of writes is of one system, which is named where there are several', async () => {
  const folder = await runOfTwo()
  await expect(exportRun(folder, 'jsonl')).rejects.toThrow(
    `${folder} is of several systems: name one of them, as ${folder}/a or ${folder}/b`,
  )
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  onTestFinished(() => written.mockRestore())
  await exportRun(path.join(folder, 'b'), 'jsonl')
  expect(written.mock.calls.join('').trimEnd().split('\n')).toHaveLength(3)
})
