import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { createLineFile, readLines } from '../../src/log/line-file.ts'
import { newFolder } from '../new-folder.ts'

let folder: string
beforeEach(() => {
  folder = newFolder()
})
it('what was appended is there once it is closed, and is read back', async () => {
  const file = path.join(folder, 'lines')
  const failures: Error[] = []
  const lines = createLineFile(file, (error) => failures.push(error))
  for (let n = 0; n < 20_000; n++) lines.append(`line ${n}`)
  await lines.close()
  const read: string[] = []
  for await (const line of readLines(file)) read.push(line)
  expect(read).toHaveLength(20_000)
  expect([read[0], read.at(-1)]).toEqual(['line 0', 'line 19999'])
  expect(failures).toEqual([])
})

it('a file that is there is not overwritten: that is told once, and nothing is written any more', async () => {
  const file = path.join(folder, 'lines')
  await writeFile(file, 'mine')
  const failures: Error[] = []
  const lines = createLineFile(file, (error) => failures.push(error))
  lines.append('a')
  await lines.close()
  lines.append('b')
  await lines.close()
  expect(failures.map(({ message }) => message)).toEqual([`${file} cannot be written (EEXIST)`])
  expect(await readFile(file, 'utf8')).toBe('mine')
})
