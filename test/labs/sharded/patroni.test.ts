import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { patroniAt } from '../../../labs/sharded/experiment/patroni.ts'
import { putBackAfter } from '../../../labs/sharded/experiment/put-back.ts'
import { newFolder } from '../../new-folder.ts'

type Config = Record<string, unknown>

let server: Server | undefined
afterEach(() => server?.close())

/** Answers as Patroni's REST API does: a PATCH merges, and null takes away. */
async function serve(config: Config): Promise<number> {
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    if (request.method === 'PATCH') {
      for (const [key, value] of Object.entries(JSON.parse(body) as Config)) {
        if (value === null) delete config[key]
        else config[key] = value
      }
    }
    response.end(JSON.stringify(config))
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

it.each([
  ['none of it was set', { ttl: 20 }],
  ['it was synchronous already', { ttl: 20, synchronous_mode: true }],
])('a cluster replicates as before once an experiment is over, where %s, however it ended', async (_, was) => {
  const config: Config = { ...was }
  const cluster = patroniAt([await serve(config)])
  const file = path.join(newFolder(), 'left.json')
  const experiment = putBackAfter({ clusters: [cluster], file, mend: async () => {} }, async () => {
    await cluster.set({ synchronous_mode: true, synchronous_mode_strict: true })
    expect(config).toEqual({ ttl: 20, synchronous_mode: true, synchronous_mode_strict: true })
    throw new Error('nobody leads')
  })
  await expect(experiment).rejects.toThrow('nobody leads')
  expect(config).toEqual(was)
})

it('what an experiment that was killed has left is put back by the next, servers first', async () => {
  const config: Config = { ttl: 20 }
  const cluster = patroniAt([await serve(config)])
  const file = path.join(newFolder(), 'left.json')
  const mended: string[] = []
  const experiment = { clusters: [cluster], file, mend: async (server: string) => void mended.push(server) }
  let isUnderWay = () => {}
  const underWay = new Promise<void>((resolve) => {
    isUnderWay = resolve
  })
  // The first never comes to its end: as if it had been killed there.
  void putBackAfter(experiment, async (breaks) => {
    await cluster.set({ synchronous_mode: true, synchronous_mode_strict: true })
    await breaks('a1')
    isUnderWay()
    await new Promise(() => {})
  })
  await underWay
  await putBackAfter(experiment, async () => {
    expect(mended).toEqual(['a1'])
    expect(config).toMatchObject({ synchronous_mode: true })
  })
  expect(config).toEqual({ ttl: 20 })
  await expect(readFile(file)).rejects.toThrow('ENOENT')
})

it('a server that was broken is mended however the experiment ended; what could not be is left to the next', async () => {
  const cluster = patroniAt([await serve({ ttl: 20 })])
  const file = path.join(newFolder(), 'left.json')
  const mend = async () => {
    throw new Error('no engine')
  }
  const breaking = putBackAfter({ clusters: [cluster], file, mend }, (breaks) => breaks('a1'))
  await expect(breaking).rejects.toThrow('no engine')
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ broken: ['a1'] })
})
