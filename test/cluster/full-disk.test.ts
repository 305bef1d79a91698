import { mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runCommand } from '../../src/docker/run-command.ts'
import { startChaoslab } from './chaoslab.ts'
import { healthyLab } from './healthy-lab.ts'

// The disk that a run is kept on fills up while it goes on.

test('traffic on a disk that is full says so when it happens, audits from memory, and ends with 2', async (context) => {
  const out = await smallDisk()
  if (out === null) return context.skip('no small disk can be mounted here: that takes root')
  await using t = await healthyLab()
  await using traffic = startChaoslab(['traffic', '--writes', '400/s', '--no-metrics', '--out', out])
  await traffic.printed(/cannot be written \(ENOSPC\)/)
  traffic.send('SIGINT')
  const ended = await traffic.ended()
  expect(ended.stdout).toMatch(/writes: [1-9]\d* acknowledged/)
  expect(ended.stdout).toMatch(/^pass: All [\d\u202f]+ acknowledged writes/m)
  expect(ended.stderr).toContain('the report could not be written to')
  expect(ended.code).toBe(2)
  await t.healthy()
})

/** A disk of 200 KiB; null where none can be had. */
async function smallDisk(): Promise<string | null> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'chaoslab-disk-'))
  const mounted = await runCommand('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', folder])
  onTestFinished(async () => {
    if (mounted.code === 0) await runCommand('umount', [folder])
    await rm(folder, { recursive: true })
  })
  return mounted.code === 0 && (await readdir(folder)).length === 0 ? folder : null
}
