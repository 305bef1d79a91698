import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { patroniAt, putBackAfter } from '../../../labs/sharded/experiment/patroni.ts'

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
  const experiment = putBackAfter([cluster], async () => {
    await cluster.set({ synchronous_mode: true, synchronous_mode_strict: true })
    expect(config).toEqual({ ttl: 20, synchronous_mode: true, synchronous_mode_strict: true })
    throw new Error('nobody leads')
  })
  await expect(experiment).rejects.toThrow('nobody leads')
  expect(config).toEqual(was)
})
