import { afterEach, expect, test } from 'vitest'
import { httpSource } from '../../src/observe/http-source.ts'
import { httpServer, type Listening, silentServer, tcpServer } from './fakes.ts'

const servers: Listening[] = []
const keep = (server: Listening) => {
  servers.push(server)
  return server
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})
const calm = new AbortController().signal

test('asks below the base URL, on one kept connection', async () => {
  const seen: [string | undefined, number | undefined][] = []
  const server = keep(
    await httpServer((request, response) => {
      seen.push([request.url, request.socket.remotePort])
      response.end('fine')
    }),
  )
  const source = httpSource(`${server.url}/base/`)
  expect(await source.get(calm, 'patroni')).toEqual({ status: 200, body: 'fine' })
  await source.get(calm)
  expect(seen.map(([url]) => url)).toEqual(['/base/patroni', '/base/'])
  expect(seen[0]?.[1]).toBe(seen[1]?.[1])
  source.close()
})

test('a kept connection that was closed under it is not taken for a dead server', async () => {
  let connections = 0
  const server = keep(
    await tcpServer((socket) => {
      const isFirst = ++connections === 1
      let requests = 0
      socket.on('data', () => {
        // The first connection answers once and dies at the second question.
        if (isFirst && ++requests === 2) return socket.destroy()
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine')
      })
    }),
  )
  const source = httpSource(server.url)
  await source.get(calm)
  expect(await source.get(calm)).toEqual({ status: 200, body: 'fine' })
  expect(connections).toBe(2)
  source.close()
})

test('a server that closes every connection is asked no more than once', async () => {
  let connections = 0
  const server = keep(
    await tcpServer((socket) => {
      connections++
      socket.on('data', () => socket.destroy())
    }),
  )
  const source = httpSource(server.url)
  await expect(source.get(calm)).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(connections).toBe(1)
  source.close()
})

test('an answer that breaks off is a failure', async () => {
  const server = keep(
    await tcpServer((socket) => {
      socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\nhalf'))
    }),
  )
  const source = httpSource(server.url)
  await expect(source.get(calm)).rejects.toMatchObject({ code: 'ECONNRESET' })
  source.close()
})

test('an abort ends a question that hangs', async () => {
  const server = keep(await silentServer())
  const source = httpSource(server.url)
  const call = new AbortController()
  const answer = source.get(call.signal)
  call.abort(new Error('enough'))
  await expect(answer).rejects.toThrow('enough')
  await expect(source.get(call.signal)).rejects.toThrow('enough')
  source.close()
})
