import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { runOwnExperiment } from '../../src/cli/start.ts'
import { newFolder } from '../new-folder.ts'

let folder: string
beforeEach(() => {
  folder = newFolder()
})
async function script(text: string): Promise<string> {
  const file = path.join(folder, 'experiment.mjs')
  await writeFile(file, text)
  return file
}

test.each([
  ['process.exitCode = process.argv[2] === "--out" ? 0 : 2', true],
  ['process.exitCode = 3', false],
])('an experiment of a lab’s own ends well when its script does: %s', async (text, isGood) => {
  const file = await script(text)
  expect(await runOwnExperiment([file, '--out', folder], new AbortController().signal)).toBe(isGood)
})

test('an interruption ends it', async () => {
  const file = await script('setInterval(() => {}, 1000)')
  const stop = new AbortController()
  const running = runOwnExperiment([file], stop.signal)
  stop.abort()
  await expect(running).rejects.toMatchObject({ code: 'ABORT_ERR' })
})
