import { existsSync } from 'node:fs'
import { mkdir, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { openerOf, reportOf } from '../../src/cli/open.ts'
import { oldRuns, pruneRuns } from '../../src/cli/prune-runs.ts'
import { writeRunReport } from '../../src/cli/report.ts'
import { formatRuns, type KeptRun, listRuns } from '../../src/cli/runs.ts'
import { createRecording } from '../../src/log/recording.ts'
import type { LabEvent } from '../../src/model/events.ts'
import { storeAudit } from '../../src/report/stored-audit.ts'
import { newFolder } from '../new-folder.ts'
import { leaderKill, lossyAudit, lossyAutopsy } from '../report/fixture.ts'

const DAY_MS = 86_400_000
const KILL = '2026-03-01T09-30-00-kill'
const SUITE = '2026-03-02T09-30-00-suite'

let out = ''
beforeEach(() => {
  out = newFolder()
})

describe('the runs that are kept', () => {
  test('are told by their reports: when, where, what came of them', async () => {
    const folder = await keep(KILL, leaderKill())
    await storeAudit(folder, { type: 'audited', audit: lossyAudit, autopsy: lossyAutopsy })
    const { summary } = await writeRunReport(folder)
    const [found] = await listRuns(out)
    expect(found).toEqual({
      folder,
      startedAt: summary.startedAt,
      lab: summary.lab,
      name: 'kill',
      verdict: 'fail',
      outageMs: Math.max(...summary.outages.filter(({ kind }) => kind === 'write').map(({ atLeastMs }) => atLeastMs)),
      isOutageOver: true,
      lostWrites: summary.writes.lost,
    })
    expect(found?.outageMs).toBeGreaterThan(0)
    expect(found?.lostWrites).toBeGreaterThan(0)
  })

  test('are the repeats of what chaoslab run has kept, too, and nothing else that lies there', async () => {
    await keep(KILL, leaderKill())
    await keep(`${SUITE}/kill-1`, leaderKill())
    await mkdir(path.join(out, 'notes'))
    await writeFile(path.join(out, 'file'), '')
    expect((await listRuns(out)).map(({ folder }) => path.relative(out, folder))).toEqual([KILL, `${SUITE}/kill-1`])
  })

  test('say so where there is no report, or none that this version understands', async () => {
    const folder = await keep(KILL, leaderKill())
    const [killed] = await listRuns(out)
    expect(killed).toMatchObject({ verdict: null, outageMs: null, lostWrites: null })
    await writeFile(path.join(folder, 'summary.json'), '{ "verdict": "pass" }')
    expect(await listRuns(out)).toEqual([killed])
    await writeFile(path.join(folder, 'summary.json'), '{ "verd')
    expect(await listRuns(out)).toEqual([killed])
    expect(formatRuns([killed as KeptRun]).join('\n')).toMatch(/no report +– +– .*chaoslab report FOLDER writes it/s)
  })

  test('are a row each: an outage that was not over is told as such, and none as none', () => {
    const run: KeptRun = {
      folder: 'runs/kill',
      startedAt: '2026-03-01T09:30:00Z',
      lab: 'hw3',
      name: 'kill',
      verdict: 'fail',
      outageMs: 21_800,
      isOutageOver: false,
      lostWrites: 0,
    }
    const [head, first, second] = formatRuns([run, { ...run, outageMs: 0, isOutageOver: true, verdict: 'pass' }])
    expect(head).toMatch(/when +lab +what +verdict +outage +lost +folder/)
    expect(first).toMatch(/2026-03-01 \d\d:30 +hw3 +kill +fail +≥ 21.8\ss +0 +runs\/kill/)
    expect(second).toMatch(/pass +none +0 +runs\/kill/)
  })

  test('are none where there is no folder', async () => {
    expect(await listRuns(path.join(out, 'nowhere'))).toEqual([])
  })
})

describe('pruning', () => {
  test('finds what ended longer ago, a suite only when its last run did', async () => {
    await keep(KILL, [], 31)
    await keep(`${SUITE}/kill-1`, [], 31)
    await keep(`${SUITE}/kill-2`, [], 29)
    await keep('2026-03-03T09-30-00-traffic', [], 0)
    const old = await oldRuns(out, Date.now() - 30 * DAY_MS)
    expect(old.map((folder) => path.basename(folder))).toEqual([KILL])
  })

  test('deletes those alone, and nothing that is no run', async () => {
    const old = await keep(KILL, [], 31)
    const young = await keep('2026-03-03T09-30-00-traffic', [], 1)
    await mkdir(path.join(out, 'notes'))
    await utimes(path.join(out, 'notes'), 0, 0)
    await pruneRuns(out, 30 * DAY_MS, async () => true)
    expect([old, young, path.join(out, 'notes')].map((each) => existsSync(each))).toEqual([false, true, true])
  })

  test('says what it would delete, and deletes nothing where the answer is no', async () => {
    const old = await keep(KILL, leaderKill(), 31)
    const asked: string[] = []
    await pruneRuns(out, 30 * DAY_MS, async (question) => {
      asked.push(question)
      return false
    })
    expect(asked).toEqual([expect.stringMatching(/^delete 1 folder \(\d.* KiB\)\? \[y\/N\] $/)])
    expect(existsSync(old)).toBe(true)
  })

  test('asks nothing where nothing is that old', async () => {
    await keep(KILL, [], 29)
    await pruneRuns(out, 30 * DAY_MS, () => expect.unreachable('nothing is to be deleted'))
  })
})

describe('the report that is opened', () => {
  test('is that of the run, or of what chaoslab run has kept', async () => {
    const run = await keep(`${SUITE}/kill-1`, [])
    await writeFile(path.join(run, 'report.html'), '')
    expect(reportOf(run)).toBe(path.join(run, 'report.html'))
    await writeFile(path.join(out, SUITE, 'suite.html'), '')
    expect(reportOf(path.join(out, SUITE))).toBe(path.join(out, SUITE, 'suite.html'))
  })

  test('is told what to do about where there is none', async () => {
    const run = await keep(KILL, [])
    expect(() => reportOf(run)).toThrow(`has no report; chaoslab report ${run} writes it`)
    expect(() => reportOf(path.join(out, 'nowhere'))).toThrow('does not exist; chaoslab runs lists')
    expect(() => reportOf(out)).toThrow(`${out} holds runs: name one of them; the latest is ${run}`)
    await mkdir(path.join(out, 'notes'))
    expect(() => reportOf(path.join(out, 'notes'))).toThrow(
      'is no folder of a run (it has no events.ndjson); chaoslab runs lists',
    )
  })

  test('is opened where there is a desktop', () => {
    expect(openerOf('linux', { DISPLAY: ':0' })).toEqual(['xdg-open'])
    expect(openerOf('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toEqual(['xdg-open'])
    expect(openerOf('linux', { DISPLAY: '' })).toBeNull()
    expect(openerOf('darwin', {})).toEqual(['open'])
  })
})

/** A run whose last event was so many days ago. */
async function keep(name: string, events: readonly LabEvent[], daysAgo = 0): Promise<string> {
  const folder = path.join(out, name)
  await mkdir(folder, { recursive: true })
  const file = path.join(folder, 'events.ndjson')
  if (events.length === 0) await writeFile(file, '')
  else {
    const recording = createRecording(file, (error) => expect.unreachable(error.message))
    for (const event of events) recording.onEvent(event)
    await recording.close()
  }
  const at = new Date(Date.now() - daysAgo * DAY_MS)
  await utimes(file, at, at)
  return folder
}
