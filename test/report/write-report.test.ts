import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { createRecording, readRecording } from '../../src/log/recording.ts'
import { summarise } from '../../src/report/summarise.ts'
import { summarySchema } from '../../src/report/summary-schema.ts'
import { writeReport } from '../../src/report/write-report.ts'
import { newFolder } from '../new-folder.ts'
import { cleanAudit, leaderKill, wholeLedger } from './fixture.ts'

let folder: string

beforeEach(() => {
  folder = newFolder()
})

function report() {
  return summarise({ name: 'leader kill', events: leaderKill(), ledger: wholeLedger, audit: cleanAudit })
}

it('leaves three whole files and nothing else, in place of those before', async () => {
  await writeFile(path.join(folder, 'summary.json'), 'old')
  const files = await writeReport(folder, await report())
  expect((await readdir(folder)).sort()).toEqual(['report.html', 'report.md', 'summary.json'])
  const summary = JSON.parse(await readFile(files.summary, 'utf8'))
  expect(summarySchema.parse(summary).verdict.verdict).toBe('pass')
  expect(await readFile(files.markdown, 'utf8')).toMatch(/^# ✓ PASS/)
  expect(await readFile(files.html, 'utf8')).toMatch(/<\/html>\n$/)
})

it('leaves no draft behind when a file cannot be put in place', async () => {
  await mkdir(path.join(folder, 'report.md', 'in the way'), { recursive: true })
  await expect(writeReport(folder, await report())).rejects.toMatchObject({
    code: expect.stringMatching(/EISDIR|ENOTEMPTY|EEXIST/),
  })
  expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([])
})

it('reports a recording whose last line was cut, as incomplete', async () => {
  const file = path.join(folder, 'events.ndjson')
  const recording = createRecording(file, (error) => expect.unreachable(error.message))
  for (const event of leaderKill()) recording.onEvent(event)
  await recording.close()
  const whole = await readFile(file, 'utf8')
  await writeFile(file, whole.slice(0, -10))

  const events = readRecording(file)
  const { summary } = await summarise({
    name: 'cut',
    events,
    ending: () => events.ending(),
    ledger: wholeLedger,
    audit: cleanAudit,
  })
  expect(summary).toMatchObject({
    isComplete: false,
    whyIncomplete: expect.stringContaining('is cut'),
    verdict: { verdict: 'unknown' },
  })
  expect(summary.outages).toHaveLength(1)
})
