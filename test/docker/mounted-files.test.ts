import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { mountedFiles } from '../../src/docker/compose.ts'
import { onHost } from '../../src/docker/host-files.ts'

const compose = `
x-one: &one
  volumes: ["./a.cfg:/etc/a.cfg:ro", "data:/var/lib/data"]
services:
  a: { <<: *one }
  b: { volumes: ["../b.cfg:/etc/b.cfg:ro", { type: bind, source: ./long.cfg, target: /etc/long.cfg }, "/dev/null:/null"] }
  c: { image: none }
`

test('what services mount from beside the compose file is known, each file once', () => {
  expect(mountedFiles(compose, ['a'])).toEqual(['./a.cfg'])
  expect(mountedFiles(compose, ['a', 'b', 'c', 'a'])).toEqual(['./a.cfg', '../b.cfg', './long.cfg'])
})

test('a relative path leads on the host to where the file was copied', () => {
  expect(path.posix.join(onHost('mine', '/home/me/labs/hosts'), '../../hw3/a.cfg')).toBe(
    onHost('mine', '/home/me/hw3/a.cfg'),
  )
})

test('all that the lab on several hosts mounts is there', async () => {
  const folder = path.resolve(import.meta.dirname, '../../labs/hosts')
  const text = await readFile(path.join(folder, 'docker-compose.yml'), 'utf8')
  const files = mountedFiles(text, ['patroni1', 'etcd1', 'haproxy1'])
  expect(files).toHaveLength(4)
  for (const file of files) await expect(readFile(path.resolve(folder, file), 'utf8')).resolves.toBeTruthy()
})
