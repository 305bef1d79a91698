import { Server, ServerCredentials, type ServiceDefinition, type sendUnaryData } from '@grpc/grpc-js'
import { afterEach, expect, test, vi } from 'vitest'
import { connectEtcd } from '../../src/systems/patroni/observe/etcd-client.ts'

const ended: (() => void)[] = []

afterEach(() => {
  vi.restoreAllMocks()
  for (const end of ended.splice(0)) end()
})

test('a member answers although the wall clock is set forward by an hour at every look', async () => {
  const member = await startMember((reply) => reply(null, STATUS))
  const begin = Date.now()
  let looks = 0
  vi.spyOn(Date, 'now').mockImplementation(() => begin + ++looks * 3_600_000)
  await expect(member.status()).resolves.toMatchObject({ id: 'a', version: '3.5.16', term: 7, leaderId: 'a' })
  expect(looks).toBeGreaterThan(0)
})

test('a member that never answers is a timeout although the wall clock stands still', async () => {
  const member = await startMember(() => {})
  const now = Date.now()
  vi.spyOn(Date, 'now').mockReturnValue(now)
  await expect(member.status()).rejects.toMatchObject({ code: 'timeout' })
})

test('a member that is not there is unavailable', async () => {
  const member = connectEtcd('http://127.0.0.1:1')
  ended.push(() => member.close())
  await expect(member.status()).rejects.toMatchObject({ code: 'unavailable' })
})

/** StatusResponse in protobuf: header { member_id 10, revision 5 }, version, dbSize 1, leader 10, raftIndex 9, raftTerm 7. */
const STATUS = Buffer.concat([
  Buffer.from([0x0a, 0x04, 0x10, 10, 0x18, 5, 0x12, 6]),
  Buffer.from('3.5.16'),
  Buffer.from([0x18, 1, 0x20, 10, 0x28, 9, 0x30, 7]),
])

async function startMember(answer: (reply: sendUnaryData<Buffer>) => void) {
  const same = (bytes: Buffer) => bytes
  const unary = { requestStream: false, responseStream: false }
  const codec = {
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  }
  const service: ServiceDefinition = { status: { path: '/etcdserverpb.Maintenance/Status', ...unary, ...codec } }
  const server = new Server()
  server.addService(service, { status: (_call: unknown, reply: sendUnaryData<Buffer>) => answer(reply) })
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  const member = connectEtcd(`http://127.0.0.1:${port}`)
  ended.push(() => {
    member.close()
    server.forceShutdown()
  })
  return member
}
