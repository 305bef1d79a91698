import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { makeRunFolder } from '../../src/lab/run-folder.ts'
import { newFolder } from '../new-folder.ts'

test('the folder of a run is named by its time and its name, and never one that is there already', async () => {
  const base = newFolder()
  const at = new Date(2026, 2, 1, 9, 5, 7)
  const runs = path.join(base, 'runs')
  expect(await makeRunFolder(runs, 'Leader: killed / twice!', at)).toBe(
    path.join(runs, '2026-03-01T09-05-07-leader-killed-twice'),
  )
  expect(await makeRunFolder(runs, 'Leader: killed / twice!', at)).toBe(
    path.join(runs, '2026-03-01T09-05-07-leader-killed-twice-2'),
  )
  expect(await makeRunFolder(runs, '../../etc', at)).toBe(path.join(runs, '2026-03-01T09-05-07-etc'))
  expect(await readdir(runs)).toHaveLength(3)
})

test('where no folder can be made, it says so instead of trying for ever', async () => {
  await expect(makeRunFolder('/proc/nope', 'a run', new Date())).rejects.toThrow(
    'no run can be kept under /proc/nope (ENOENT): name another folder with --out',
  )
  await expect(makeRunFolder('package.json', 'a run', new Date())).rejects.toThrow('(EEXIST): name another folder')
})

test('the folders above it are made', async () => {
  const base = newFolder()
  const folder = await makeRunFolder(path.join(base, 'a', 'b'), 'x', new Date())
  expect((await stat(folder)).isDirectory()).toBe(true)
})
