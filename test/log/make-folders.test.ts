import { existsSync } from 'node:fs'
import { stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { makeFolders } from '../../src/log/make-folders.ts'
import { newFolder } from '../new-folder.ts'

test('makes what is missing, leaves what is there, and several at once do not disturb each other', async () => {
  const base = newFolder()
  const deep = path.join(base, 'a', 'b', 'c')
  await Promise.all([makeFolders(deep), makeFolders(deep), makeFolders(path.join(base, 'a', 'd'))])
  await makeFolders(deep)
  expect((await stat(deep)).isDirectory()).toBe(true)
})

test('a file in the way is an error', async () => {
  const base = newFolder()
  await writeFile(path.join(base, 'file'), '')
  await expect(makeFolders(path.join(base, 'file'))).rejects.toMatchObject({ code: 'EEXIST' })
  await expect(makeFolders(path.join(base, 'file', 'below'))).rejects.toMatchObject({ code: 'EEXIST' })
})

test('a file system that takes no folders is an error, and no endless loop', async ({ skip }) => {
  skip(!existsSync('/proc/self'), 'there is no /proc on this machine')
  await expect(makeFolders('/proc/no-such-folder')).rejects.toMatchObject({ code: 'ENOENT' })
})
