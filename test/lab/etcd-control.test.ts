import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { etcdControl } from '../../src/systems/patroni/control/etcd-control.ts'

const servers: http.Server[] = []
const header = { revision: '3' }
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

describe("Patroni's keys in etcd", () => {
  it('are read below the prefix and the scope, through the first member that answers', async () => {
    const asked: unknown[] = []
    const sick = await startMember(() => ({ status: 503 }))
    const well = await startMember((path, body) => {
      asked.push(path, body)
      return { status: 200, body: { header, kvs: [{ value: base64('patroni2'), mod_revision: '12' }] } }
    })
    const etcd = control([sick, well])
    expect(await etcd.get('leader')).toEqual({ value: 'patroni2', modRevision: 12 })
    expect(asked).toEqual(['/v3/kv/range', { key: base64('/service/lab/leader') }])
  })

  it('are null where there is none', async () => {
    const member = await startMember(() => ({ status: 200, body: { header } }))
    expect(await control([member]).get('leader')).toBeNull()
  })

  it('are deleted only if they are as they were read, and the revision is told', async () => {
    let request: unknown
    const member = await startMember((_path, body) => {
      request = body
      return { status: 200, body: { header: { revision: '13' }, succeeded: true } }
    })
    expect(await control([member]).remove('leader', { value: 'patroni2', modRevision: 12 })).toBe(13)
    const key = base64('/service/lab/leader')
    expect(request).toEqual({
      compare: [{ key, target: 'MOD', result: 'EQUAL', mod_revision: '12' }],
      success: [{ request_delete_range: { key } }],
    })
  })

  it('are not said to be deleted when they have changed meanwhile', async () => {
    const member = await startMember(() => ({ status: 200, body: { header: { revision: '13' } } }))
    expect(await control([member]).remove('leader', { value: 'patroni2', modRevision: 12 })).toBeNull()
  })

  it('cannot be read where no member answers: each is named with its reason', async () => {
    const sick = await startMember(() => ({ status: 503 }))
    await expect(control([sick, 'http://127.0.0.1:1']).get('leader')).rejects.toThrow(/etcd1: HTTP 503; etcd2: /)
  })

  it('are not waited for after an interruption', async () => {
    const stop = new AbortController()
    const silent = await startMember(() => {
      stop.abort(new Error('interrupted'))
      return null
    })
    await expect(control([silent, silent]).get('leader', stop.signal)).rejects.toThrow('interrupted')
  })
})

function control(clients: readonly string[]) {
  const members = clients.map((client, index) => ({ name: `etcd${index + 1}`, client }))
  return etcdControl({ prefix: '/service/', members }, 'lab')
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

type Answer = (path: string, body: unknown) => { readonly status: number; readonly body?: object } | null

/** An etcd gateway that answers so; null: never. */
async function startMember(answer: Answer): Promise<string> {
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const answered = answer(request.url ?? '', JSON.parse(Buffer.concat(chunks).toString()))
    if (answered) response.writeHead(answered.status).end(JSON.stringify(answered.body ?? {}))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
