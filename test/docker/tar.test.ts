import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { beforeAll, expect, test } from 'vitest'
import { withTar } from '../../src/docker/tar.ts'
import { newFolder } from '../new-folder.ts'

let root = ''
beforeAll(async () => {
  root = newFolder()
  await writeFile(path.join(root, 'there'), 'what is in it')
})
test('an archive is handed on whole', async () => {
  const archive = await withTar(['-C', root, 'there'], buffer)
  expect(archive.toString()).toContain('what is in it')
})

test('a file that cannot be read is named, whatever has been handed on of the others', async () => {
  await expect(withTar(['-C', root, 'there', 'absent'], buffer)).rejects.toThrow(
    /^files cannot be packed: tar: absent: .+/,
  )
})

test('what fails to take an archive is told as that', async () => {
  const full = async () => Promise.reject(new Error('no space left'))
  await expect(withTar(['-C', root, 'there'], full)).rejects.toThrow('no space left')
})
