import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { writeRunReport } from '../../src/cli/report.ts'
import { createRecording } from '../../src/log/recording.ts'
import { storeAudit } from '../../src/report/stored-audit.ts'
import { leaderKill, lossyAudit, lossyAutopsy } from '../report/fixture.ts'

test('an audit that was made after the lab was killed is what the report of its run goes by', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'chaoslab-killed-'))
  onTestFinished(() => rm(folder, { recursive: true }))
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
